"""`export` and `reporting` are about the network that was trained last, whatever images that is of."""

import pytest

from image_classification.cli.choice.trained_source import of_trained_network
from image_classification.origins.record import Made, Origin, write_origin

OPTIONS = {"env": None, "conf_source": None, "params": {}}


def train(project, source, data="data"):
    network = project / data / "06_models" / "trained_network.safetensors"
    network.parent.mkdir(parents=True, exist_ok=True)
    network.touch()
    inputs = {"network": "1", f"{source}.train_set": "2", f"{source}.image_statistics": "3"}
    made = Made("modelling.train_network", "kedro run", "2026-11-26T10:00:00", "a run")
    write_origin(network, Origin("trained_network", made, inputs=inputs))


@pytest.mark.parametrize(
    ("source", "prefix"),
    [("mnist", ""), ("image_folder", "folder_"), ("idx", "idx_"), ("hugging_face", "hugging_face_")],
)
@pytest.mark.parametrize("pipeline", ["export", "reporting"])
def test_of_any_source(project, pipeline, source, prefix):
    train(project, source)
    assert of_trained_network(pipeline, project, OPTIONS).pipeline == f"{prefix}{pipeline}"


@pytest.mark.parametrize("pipeline", ["training", "modelling", "comparison", "folder_export", "nothing"])
def test_other_pipelines_are_what_they_are(project, pipeline):
    train(project, "image_folder")
    assert of_trained_network(pipeline, project, OPTIONS).pipeline == pipeline


def test_in_a_data_folder_of_its_own(project):
    train(project, "image_folder", "mine")
    assert of_trained_network("export", project, OPTIONS).pipeline == "export"
    options = OPTIONS | {"params": {"data_folder": "mine"}}
    assert of_trained_network("export", project, options).pipeline == "folder_export"


@pytest.mark.parametrize("options", [{"env": "there is none"}, {"params": {"data_folder": ["a"]}}])
def test_what_is_wrong_otherwise_is_told_by_the_run(project, options):
    train(project, "image_folder")
    assert of_trained_network("export", project, OPTIONS | options).pipeline == "export"


def test_without_a_network_or_its_record(project):
    assert of_trained_network("export", project, OPTIONS).pipeline == "export"


def test_it_is_told_whose_images_it_is_of(project):
    train(project, "image_folder")
    assert of_trained_network("export", project, OPTIONS).instead_of("export") == (
        "The network that was trained last learned from image_folder, and export is about MNIST: running the "
        "pipeline folder_export."
    )
