"""The network of a run is found by the run, by versions and aliases of the registry, and by its model."""

import re
import socket

import pytest
import torch
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput

from image_classification.errors import UserError
from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.networks.storage import load_classifier, save_classifier
from image_classification.tracking.references import local_network
from image_classification.tracking.registry.spelling import is_reference
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.settings import TrackingSettings

MISSING = "f" * 32


def network(seed):
    description = NetworkDescription(
        network="feed_forward",
        options={"widths": [3]},
        image_shape=(1, 4, 4),
        class_names=("cat", "dog"),
        mean=(0.5,),
        std=(0.5,),
        data_name="pets",
        index_digest="c" * 64,
    )
    return build_classifier(description, seed)


class Registry:
    """A store with trained networks, some of them registered as `pets`."""

    def __init__(self, folder, database):
        self.folder = folder
        self.settings = TrackingSettings(tracking_uri=f"sqlite:///{database}")
        self.client = MlflowClient(self.settings.tracking_uri)
        self.experiment = self.client.create_experiment("e", artifact_location=(folder / "files").as_uri())

    def train(self, seed, model="feed_forward-pets"):
        """Record a network and a model without files; return the ids of run and model."""
        run_id = self.client.create_run(self.experiment, run_name=f"run {seed}").info.run_id
        run = TrackedRun(run_id, self.client.tracking_uri)
        save_classifier(network(seed), self.folder / "trained_network.safetensors")
        run.log_file(self.folder / "trained_network.safetensors", "network")
        logged = self.client.create_logged_model(self.experiment, name=model, source_run_id=run_id)
        self.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
        return run_id, logged.model_id

    def register(self, name, run_id):
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        return self.client.create_model_version(name, "file:///none", run_id).version

    def find(self, reference):
        return local_network(reference, self.settings, self.folder)

    def refusal(self, reference):
        with pytest.raises(UserError) as refused:
            self.find(reference)
        return str(refused.value)


@pytest.fixture
def registry(tmp_path, fresh_database, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Registry(tmp_path, fresh_database)


def is_network(found, seed):
    weights, expected = load_classifier(found.path).state_dict(), network(seed).state_dict()
    return all(torch.equal(weights[name], expected[name]) for name in expected)


def test_by_run_and_by_model(registry):
    registry.train(1)
    run_id, model_id = registry.train(2)

    for reference in (run_id, f"runs:/{run_id}", f"runs:/{run_id}/feed_forward-pets", f"models:/{model_id}"):
        assert is_reference(reference)
        found = registry.find(reference)
        assert is_network(found, 2)
        assert (found.run_id, found.run_name, found.name) == (run_id, "run 2", "")
        assert found.shown == f"the run run 2 ({run_id})"


def test_by_version_and_alias(registry):
    runs = [registry.train(seed)[0] for seed in (1, 2, 3)]
    numbers = [registry.register("pets", run_id) for run_id in runs]
    registry.client.set_registered_model_alias("pets", "champion", numbers[1])
    registry.client.set_registered_model_alias("pets", "beach", numbers[1])

    for reference, seed in (
        ("models:/pets/1", 1),
        ("models:/pets/2", 2),
        ("models:/pets@champion", 2),
        ("models:/pets/latest", 3),
        ("models:/pets@latest", 3),
    ):
        found = registry.find(reference)
        assert is_network(found, seed)
        assert (found.name, found.version, found.run_id) == ("pets", str(seed), runs[seed - 1])
    assert registry.find("models:/pets@champion").shown == (
        f"pets version 2 (beach, champion), of the run run 2 ({runs[1]})"
    )


def test_what_does_not_exist_is_told_with_what_does(registry):
    run_id, _ = registry.train(1)
    registry.register("pets", run_id)
    registry.client.set_registered_model_alias("pets", "champion", 1)

    assert f"there is no run {MISSING}" in registry.refusal(MISSING)
    assert "did you mean pets?" in registry.refusal("models:/pests/1")
    assert "It has: 1." in registry.refusal("models:/pets/7")
    assert "models:/pets@champion" in registry.refusal("models:/pets/champion")
    assert "did you mean champion?" in registry.refusal("models:/pets@chamption")
    assert "no recorded model" in registry.refusal(f"models:/m-{MISSING}")
    assert "did you mean feed_forward-pets?" in registry.refusal(f"runs:/{run_id}/feed-forward-pets")
    assert "neither a version nor an alias" in registry.refusal("models:/pets")


@pytest.mark.parametrize("text", ["", "runs:/", "models:", "a/network.safetensors", "e" * 31])
def test_what_is_no_reference_is_refused_with_the_forms_that_there_are(registry, text):
    refusal = registry.refusal(text)

    assert "models:/<name>@<alias>" in refusal
    assert is_reference(text) == text.startswith(("runs:", "models:"))


@pytest.mark.parametrize(
    ("status", "params", "expected"),
    [
        ("FINISHED", {"network.name": "convnet"}, "cross-validation"),
        ("FINISHED", {"alpha": "1"}, "none of a training of this project"),
        ("FAILED", {"network.name": "convnet"}, "ended FAILED before"),
        ("KILLED", {"network.name": "convnet"}, "ended KILLED before"),
        ("RUNNING", {"network.name": "convnet"}, "goes on"),
    ],
)
def test_a_run_without_a_network_says_why(registry, status, params, expected):
    run_id = registry.client.create_run(registry.experiment).info.run_id
    for name, value in params.items():
        registry.client.log_param(run_id, name, value)
    if status != "RUNNING":
        registry.client.set_terminated(run_id, status)

    assert expected in registry.refusal(run_id)


def test_a_model_of_an_earlier_version_and_a_deleted_run(registry):
    run_id = registry.client.create_run(registry.experiment).info.run_id
    registry.client.log_param(run_id, "network.name", "convnet")
    logged = registry.client.create_logged_model(registry.experiment, name="x", source_run_id=run_id)
    registry.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
    registry.client.set_terminated(run_id)

    assert "an earlier version" in registry.refusal(run_id)

    registry.client.delete_run(run_id)

    assert f"restore --run-id {run_id}" in registry.refusal(run_id)


def test_a_store_that_is_not_there_is_neither_created_nor_waited_for(registry):
    absent = registry.folder / "absent.db"
    registry.settings = TrackingSettings(tracking_uri=f"sqlite:///{absent}")

    assert "does not exist" in registry.refusal(MISSING)
    assert not absent.exists()

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        registry.settings = TrackingSettings(tracking_uri=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        assert re.search(r"tracking server .* cannot be reached", registry.refusal(MISSING))
