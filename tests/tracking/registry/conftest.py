"""A store in which finished trainings are made up, with models, predictions and networks of a few bytes."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Param

from image_classification.tracking import last_run
from image_classification.tracking.registry.promoting import Promoted, promote
from image_classification.tracking.registry.registering import register, registered_name
from image_classification.tracking.registry.settings import RegistrySettings
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings, load_settings

IMAGES = 200


@dataclass
class Trainings:
    """A store with trainings that are made up."""

    folder: Path
    uri: str
    experiment: str
    settings: RegistrySettings

    @cached_property
    def client(self) -> MlflowClient:
        return MlflowClient(self.uri)

    @property
    def tracking(self) -> TrackingSettings:
        return TrackingSettings(tracking_uri=self.uri, registry=self.settings)

    def train(
        self, right=150, status="FINISHED", digest="a" * 64, data="pets", predictions=True, model="READY"
    ):
        """Record a training that is right on the first so many of its test images; return the run's id."""
        client = self.client
        run_id = client.create_run(self.experiment, tags={"mlflow.source.git.commit": "c0ffee"}).info.run_id
        about = {"data.name": data, "data.index_digest": digest, "network.name": "convnet"}
        client.log_batch(run_id, params=[Param(*each) for each in about.items()])
        client.log_metric(run_id, "test/accuracy", right / IMAGES)
        if predictions:
            names = [f"test/{number}" for number in range(IMAGES)]
            table = pd.DataFrame({"name": names, "label": "cat", "correct": np.arange(IMAGES) < right})
            table.to_parquet(self.folder / "predictions.parquet")
            client.log_artifact(run_id, str(self.folder / "predictions.parquet"), "model_output")
        if model:
            logged = client.create_logged_model(self.experiment, name="convnet-pets", source_run_id=run_id)
            client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
            client.finalize_logged_model(logged.model_id, LoggedModelStatus(model))
        if status != "RUNNING":
            client.set_terminated(run_id, status)
        return run_id

    def register(self, run_id, name="auto"):
        run = self.client.get_run(run_id)
        return register(self.client, run, registered_name(name, run))

    def promote(self, version, client=None, **how) -> Promoted:
        return promote(client or self.client, Store(self.uri), version, self.settings, **how)

    def add(self, right=150, **about) -> Promoted:
        """Train, register and promote."""
        return self.promote(self.register(self.train(right, **about)))

    def champion(self, name="pets"):
        number = self.client.get_registered_model(name).aliases.get("champion")
        return None if number is None else int(number)

    def decision(self, version, name="pets"):
        tags = self.client.get_model_version(name, str(version)).tags
        return {key.removeprefix("promotion."): each for key, each in tags.items() if key.startswith("promo")}


@pytest.fixture
def trainings(tmp_path, fresh_database, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    uri = f"sqlite:///{fresh_database}"
    experiment = MlflowClient(uri).create_experiment("e", artifact_location=(tmp_path / "files").as_uri())
    return Trainings(tmp_path, uri, experiment, RegistrySettings(name="auto"))


@pytest.fixture
def run_registered():
    """Train for an epoch with the registry switched on; give its line, and the settings of tracking."""

    def run(project):
        (project / "conf" / "local").mkdir(exist_ok=True)
        (project / "conf" / "local" / "mlflow.yml").write_text("registry: {name: auto}")
        training = {"modelling": {"training": {"epochs": 1}}}
        with KedroSession.create(project, runtime_params=training) as session:
            settings = load_settings(session.load_context().config_loader)
            session.run(pipeline_names=["training"])
        found = last_run()
        assert found is not None
        return found.registered, settings

    return run
