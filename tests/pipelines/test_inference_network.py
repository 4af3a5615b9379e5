"""New images are classified by the network that is named: a file, an export, or the one trained last."""

import json

import pytest
from kedro.framework.session import KedroSession
from tests.pipelines.classifying import picture, run, shades

from image_classification.errors import UserError
from image_classification.networks.digest import weights_digest
from image_classification.networks.storage import save_classifier


@pytest.fixture
def images(tmp_path):
    picture(tmp_path / "new" / "1.png", 250)
    return tmp_path / "new"


def network(project):
    path = project / "data" / "08_reporting" / "inference_metrics.json"
    return json.loads(path.read_text(encoding="utf-8"))["network"]


@pytest.mark.slow
def test_a_file_or_its_folder_needs_no_training(project, images, tmp_path):
    save_classifier(shades(), tmp_path / "export" / "model.safetensors")

    for model in (tmp_path / "export" / "model.safetensors", tmp_path / "export"):
        assert run(project, None, images, model=str(model))["label"].tolist() == ["bright"]
        assert network(project)["weights_digest"] == weights_digest(shades())


def test_it_is_said_which_network_it_was(project, images, caplog):
    run(project, shades(19.0), images)

    digest = weights_digest(shades(19.0))
    assert network(project)["weights_digest"] == digest
    assert f"The network: feed_forward on shades, trained last; weights {digest[:12]}." in caplog.messages


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", r"The run needs trained_network, and its file .* does not exist"),
        (
            "modle.safetensors",
            r"inference\.model = .*modle.safetensors: there is no such file or folder; did you",
        ),
        ("empty", "There is no trained network in the folder"),
        ("models:/digits@champion", r"models:/digits@champion: the registry at .* has no model of this name"),
        ("models:/digits", "names neither a version nor an alias"),
        ("0" * 32, "there is no run 0000"),
    ],
)
def test_a_network_that_there_is_not(project, images, monkeypatch, model, message):
    save_classifier(shades(), project / "model.safetensors")
    (project / "empty").mkdir()

    with pytest.raises(UserError, match=message):
        run(project, None, images, model=model)


@pytest.mark.slow
def test_another_network_of_the_same_name_is_noticed(project, images, tmp_path, caplog):
    file = tmp_path / "model.safetensors"
    values = {"inference": {"images": str(images), "model": str(file)}}

    def again():
        caplog.clear()
        with KedroSession.create(project, runtime_params=values) as session:
            session.run(pipeline_names=["inference"], only_missing_outputs=True)
        return "The network: " in caplog.text

    save_classifier(shades(), file)
    assert again()
    assert not again()
    save_classifier(shades(18.0), file)
    assert again()
    assert network(project)["weights_digest"] == weights_digest(shades(18.0))
    picture(images / "1.png", 3)
    assert again()


def test_a_network_of_colours_takes_grey_images(project, images):
    save_classifier(
        shades(image_shape=(3, 4, 4), mean=(0.5,) * 3, std=(1.0,) * 3), project / "model.safetensors"
    )

    assert run(project, None, images, model="model.safetensors")["reason"].tolist() == [""]
