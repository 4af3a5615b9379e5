"""The command that makes what is missing can be started: its images are named."""

from kedro.framework.session import KedroSession

from image_classification.hooks.remedies import remedy


def catalog_of(project, **parameters):
    with KedroSession.create(project, runtime_params=parameters) as session:
        return session.load_context().catalog


def test_a_pipeline_of_images_that_are_not_named_is_not_advised(project):
    advice = remedy("trained_network", catalog_of(project))
    assert "kedro run --pipeline training (" in advice
    assert "folder" not in advice
    assert "hugging_face" not in advice
    assert "idx" not in advice


def test_that_of_a_folder_which_is_named_is(project, tmp_path):
    (tmp_path / "photographs").mkdir()
    catalog = catalog_of(project, image_folder={"path": str(tmp_path / "photographs")})
    assert "folder_training" in remedy("trained_network", catalog)
