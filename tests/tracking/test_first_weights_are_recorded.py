"""The record of a run and its model say which model was trained, and from which weights it started."""

import hashlib
import re

import pytest
import torch
from kedro.framework.session import KedroSession
from mlflow import MlflowClient
from tests.pipelines.test_image_folder_pipeline import make_folder
from tests.tracking.test_live_metrics import STATISTICS

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.tracking.announcement import RunEnvironment, live_metrics
from image_classification.tracking.logged_model.model import model_metadata, model_name
from image_classification.tracking.run import TrackedRun


@pytest.fixture
def weights_file(tmp_path):
    """The weights of a tiny model of timm."""
    from timm import create_model  # noqa: PLC0415  (takes seconds)

    path = tmp_path / "my weights.pth"
    torch.save(create_model("test_resnet").state_dict(), path)
    return path


@pytest.mark.parametrize("licence", ["cc-by-nc-4.0", None])
def test_a_run_has_them_as_tags(fresh_database, licence):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    run = TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)
    weights = PretrainedWeights(name="resnet18", source="https://x", sha256="1" * 64, licence=licence)
    environment = RunEnvironment()
    environment.announce(run.run_id, client.tracking_uri)
    try:
        live_metrics(STATISTICS, weights=weights)
    finally:
        environment.restore()
    tags = client.get_run(run.run_id).data.tags
    assert {name: tags[name] for name in tags if name.startswith("weights.")} == {
        "weights.name": "resnet18",
        "weights.source": "https://x",
        "weights.sha256": "1" * 64,
        "weights.licence": licence or "not named",
    }


def test_the_model_says_what_it_started_from(weights_file):
    classifier = build_classifier(
        NetworkDescription(
            network="timm",
            options={"model": "test_resnet.r160_in1k", "weights": str(weights_file)},
            image_shape=(3, 32, 32),
            class_names=("a", "b"),
            mean=(0.5,) * 3,
            std=(0.5,) * 3,
            data_name="cats & dogs",
            index_digest="0" * 64,
        )
    )
    assert model_metadata(classifier)["weights"] == {
        "name": weights_file.name,
        "source": str(weights_file),
        "sha256": hashlib.sha256(weights_file.read_bytes()).hexdigest(),
        "licence": None,
    }
    assert model_name(classifier) == "test_resnet-cats-dogs"


@pytest.mark.slow
def test_a_training_tells_it_in_all_places(project, tmp_path, weights_file, capsys):
    network = {"name": "timm", "timm": {"model": "test_resnet", "weights": str(weights_file)}}
    training = {"epochs": 1, "device": "cpu"}
    values = {
        "image_folder": {"path": str(make_folder(tmp_path / "shades")), "images": {"size": 32}},
        "modelling": {"network": network, "training": training},
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=["folder_training"])
    digest = hashlib.sha256(weights_file.read_bytes()).hexdigest()
    store = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = store.get_experiment_by_name("image-classification").experiment_id
    (found,) = store.search_runs([experiment])
    assert found.data.tags["weights.sha256"] == digest
    assert re.fullmatch(r"test_resnet-shades-\d{8}-\d{6}", found.info.run_name)
    assert "`timm test_resnet` with" in found.data.tags["mlflow.note.content"]
    (model,) = store.search_logged_models([experiment])
    assert model.name == "test_resnet-shades"
    assert model.tags["weights.sha256"] == digest
    reports = project / "data" / "08_reporting"
    for name in ("report.html", "model_card.md"):
        text = (reports / name).read_text(encoding="utf-8")
        assert digest in text
        assert "timm test_resnet on shades" in text.replace("\\", "")
    assert "timm test_resnet, " in capsys.readouterr().out
