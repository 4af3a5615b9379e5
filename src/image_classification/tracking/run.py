"""One open run: everything that is written to it, in any thread or process, goes through here."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from time import time

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from PIL import Image

from image_classification.tracking.failures import Attempts
from image_classification.tracking.store.settings import Store

# the limits of MLflow for one parameter, one tag, one call; it refuses what is longer
LONGEST_PARAMETER = 6000
LONGEST_TAG = 8000
LARGEST_BATCH = 100
# MLflow's own tag of a run that is part of another one
PARENT_RUN = "mlflow.parentRunId"


class TrackedRun(Attempts):
    """A run that is open, named by its id, because MLflow's own idea of the active run ends at the thread."""

    def __init__(self, run_id: str, store_uri: str) -> None:
        super().__init__(run_id, Store(store_uri))

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's client for the store; opening it may fail, so it is opened where it is used."""
        return MlflowClient(self.store.uri)

    def read(self) -> Run | None:
        """Return all that is recorded so far, None if it cannot be read."""
        return self.attempt("Something", lambda: self.client.get_run(self.run_id))

    def log_parameters(self, parameters: Mapping[str, str]) -> None:
        """Record parameters by their dotted names."""
        entities = [Param(key, value[:LONGEST_PARAMETER]) for key, value in parameters.items()]
        for start in range(0, len(entities), LARGEST_BATCH):
            batch = entities[start : start + LARGEST_BATCH]
            self.attempt("Parameters", partial(self.client.log_batch, self.run_id, params=batch))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record tags, replacing those of the same name."""
        entities = [RunTag(key, value[:LONGEST_TAG]) for key, value in tags.items()]
        self.attempt("Tags", lambda: self.client.log_batch(self.run_id, tags=entities))

    def log_metrics(
        self, metrics: Mapping[str, float], belonging: Mapping[str, str] | None = None, step: int = 0
    ) -> None:
        """Record final metrics; `belonging` ties them to a model (model_id) and dataset (dataset_name, …)."""
        tie = belonging or {}
        entities = [
            Metric(key, value, timestamp(), step, run_id=self.run_id, **tie) for key, value in metrics.items()
        ]
        self.attempt("Metrics", lambda: self.client.log_batch(self.run_id, metrics=entities))

    def log_file(self, path: Path, folder: str) -> None:
        """Copy a file, or a folder with all in it, to the run's artifacts under `folder`."""
        if path.is_dir():
            target = f"{folder}/{path.name}"
            self.attempt(path.name, lambda: self.client.log_artifacts(self.run_id, str(path), target))
        else:
            self.attempt(path.name, lambda: self.client.log_artifact(self.run_id, str(path), folder))
        if path.suffix == ".png":
            self.attempt(path.name, lambda: self._log_picture(path))

    def _log_picture(self, path: Path) -> None:
        """Record a picture as an image of MLflow, which unlike a file is shown beside those of other runs."""
        with Image.open(path) as picture:
            self.client.log_image(self.run_id, picture, key=path.stem, step=0, synchronous=True)

    def name(self, record: Run, network: str | None, data_name: str | None) -> None:
        """Name the run after its network and data, as far as known, unless its creator has named it."""
        started = record.info.start_time
        if str(record.info.run_name).endswith(run_name(None, None, started)):
            name = run_name(network, data_name, started)
            self.attempt("The run's name", lambda: self.client.update_run(self.run_id, name=name))

    def end_children(self, status: str) -> None:
        """End the runs within this one that are marked as running: their process has died, or is about to."""

        def end() -> None:
            experiment = self.client.get_run(self.run_id).info.experiment_id
            running = f"attributes.status = 'RUNNING' and tags.`{PARENT_RUN}` = '{self.run_id}'"
            for child in self.client.search_runs([experiment], running):
                self.client.set_terminated(child.info.run_id, status)

        self.attempt("The end of the runs within it", end)

    def end(self, status: str) -> str:
        """Close the run as FINISHED, FAILED or KILLED; return the status that is recorded now."""

        def close() -> str:
            self.client.set_terminated(self.run_id, status)
            return status

        return self.attempt_once_more("The end of the run", close) or "RUNNING"


def run_name(network: str | None, data_name: str | None, start_time: int) -> str:
    """Name a run after its network, its data and the local time of its start (milliseconds since 1970)."""
    started = datetime.fromtimestamp(start_time / 1000).astimezone()
    return "-".join(filter(None, (network, data_name, f"{started:%Y%m%d-%H%M%S}")))


def timestamp() -> int:
    """Return the time as MLflow counts it: milliseconds since 1970."""
    return int(time() * 1000)
