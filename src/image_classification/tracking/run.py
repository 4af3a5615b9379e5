"""One open run: everything that is written to it, in any thread or process, goes through here."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run
from PIL import Image

from image_classification.networks.family import short_name
from image_classification.tracking.announcement import announced_place
from image_classification.tracking.delivery import entries
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.delivery.entries import Entry, counted
from image_classification.tracking.delivery.journal import FOLDER
from image_classification.tracking.delivery.model_entry import send_model
from image_classification.tracking.delivery.outbox import outbox_of
from image_classification.tracking.failures import KEPT, UNREAD, Attempts
from image_classification.tracking.store.place import Store
from image_classification.words import count_of

logger = logging.getLogger(__name__)

# the limits of MLflow for one parameter, one tag, one call; it refuses what is longer
LONGEST_PARAMETER = 6000
LONGEST_TAG = 8000
LARGEST_BATCH = 100
# MLflow's own tag of a run that is part of another one
PARENT_RUN = "mlflow.parentRunId"
# the folder of models beside a journal
MODELS = "models"
# our tag of a run whose training goes on from that of another one
CONTINUES = "continues_run"


# seconds that the end of a run waits even for a store that has used up its time
LEAST_WAIT = 2.0
# seconds that an epoch waits for its metrics to be recorded: not once more before the store has caught up
WAIT_OF_AN_EPOCH = 1.0


class TrackedRun(Attempts):
    """A run that is open, named by its id, because MLflow's own idea of the active run ends at the thread."""

    def __init__(self, run_id: str, store_uri: str) -> None:
        settings, project_path = announced_place()
        super().__init__(run_id, Store(store_uri), settings.patience)
        self._outbox = outbox_of(run_id, self.store, project_path / FOLDER)
        self._said = self._outbox.said

    @property
    def client(self) -> MlflowClient:
        """MLflow's client for the store; opening it may fail, so it is opened where it is used."""
        return self._outbox.open_client()

    @client.setter
    def client(self, client: MlflowClient) -> None:
        self._outbox.client = client

    def put(self, entry: Entry, what: str, wait: float | None = None) -> bool:
        """Send what is data, now or later; return whether it is recorded already.

        Args:
            entry: what is sent.
            what: what it is called in a message.
            wait: at most so many seconds; None: as long as the store may keep the run waiting.
        """
        started = monotonic()
        is_sent = self._outbox.put(entry, what, self.say_kept, self.time_left if wait is None else wait)
        self._wasted += 0.0 if is_sent else monotonic() - started
        return is_sent

    def read(self) -> Run | None:
        """Return all that is recorded so far, None if it cannot be read."""
        what = "What is on record"
        return self.attempt(what, lambda: self.client.get_run(self.run_id), is_lost=False, then=UNREAD)

    def log_parameters(self, parameters: Mapping[str, str]) -> None:
        """Record parameters by their dotted names."""
        items = iter(parameters.items())
        while batch := dict(islice(items, LARGEST_BATCH)):
            cut = {key: value[:LONGEST_PARAMETER] for key, value in batch.items()}
            self.put(Entry(entries.PARAMETERS, cut), "Parameters")

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record tags, replacing those of the same name."""
        self.put(Entry(entries.TAGS, {key: value[:LONGEST_TAG] for key, value in tags.items()}), "Tags")

    def log_metrics(
        self, metrics: Mapping[str, float], belonging: Mapping[str, str] | None = None, step: int = 0
    ) -> None:
        """Record final metrics; `belonging` ties them to a model (model_id) and dataset (dataset_name, …)."""
        self.put(Entry(entries.METRICS, metric_fields(metrics, step, belonging or {})), "Metrics")

    def log_epoch(
        self, epoch: int, metrics: Mapping[str, float], tags: Mapping[str, str] | None = None
    ) -> None:
        """Record the metrics of an epoch; the training is not held up by a store that takes its time."""
        entry = Entry(entries.METRICS, metric_fields(metrics, epoch))
        self.put(entry, f"The metrics of epoch {epoch}", WAIT_OF_AN_EPOCH)
        if tags:
            self.put(Entry(entries.TAGS, dict(tags)), f"The tags of epoch {epoch}", 0.0)

    def log_file(self, path: Path, folder: str) -> None:
        """Copy a file, or a folder with all in it, to the run's artifacts under `folder`."""
        entry = Entry(entries.FILE, {"path": str(path), "folder": folder})
        missing = len(self.missing)
        self.attempt(path.name, lambda: entry.send(self.client, self.run_id), then=KEPT)
        if len(self.missing) > missing and (kept := self._outbox.journal.copy(path, folder)):
            self.missing.pop()
            self.put(kept, path.name, 0.0)
        elif path.suffix == ".png":
            self.attempt(path.name, lambda: self._log_picture(path))

    def log_model(self, path: Path, about: Mapping[str, Any], dataset: Mapping[str, str]) -> str | None:
        """Record a folder in MLflow's format as a model of the run; return its id if it is recorded already.

        Args:
            path: the folder.
            about: name, epoch and tags of the model.
            dataset: what its metrics are of, which are tied to it if it is recorded later than they.
        """
        content, missing = {"path": str(path), **about}, len(self.missing)
        send = partial(send_model, content=content)
        model_id = self.attempt("The model", lambda: send(self.client, self.run_id), then=KEPT)
        if len(self.missing) > missing and (kept := self._outbox.journal.copy(path, MODELS)):
            self.missing.pop()
            self.put(Entry(entries.MODEL, {**about, **dataset, **kept.content}), "The model", 0.0)
        return model_id

    def _log_picture(self, path: Path) -> None:
        """Record a picture as an image of MLflow, which unlike a file is shown beside those of other runs."""
        with Image.open(path) as picture:
            self.client.log_image(self.run_id, picture, key=path.stem, step=0, synchronous=True)

    def name(self, record: Run, network: str | None, data_name: str | None) -> None:
        """Name the run after its network and data, as far as known, unless its creator has named it."""
        started = record.info.start_time
        if str(record.info.run_name).endswith(run_name(None, None, started)):
            name = run_name(network, data_name, started)
            self._outbox.run_name = name
            self.put(Entry(entries.NAME, {"name": name}), "The run's name")

    @property
    def own_name(self) -> str:
        """The name that this process has given the run, recorded or kept for later; empty if it has not."""
        return self._outbox.run_name

    def end_children(self, status: str, which: Callable[[Run], bool] = lambda _: True) -> None:
        """End the runs within this one that are marked as running: their process has died, or is about to.

        Args:
            status: how they end.
            which: whether one of them is to end.
        """

        def end() -> None:
            experiment = self.client.get_run(self.run_id).info.experiment_id
            running = f"attributes.status = 'RUNNING' and tags.`{PARENT_RUN}` = '{self.run_id}'"
            for child in self.client.search_runs([experiment], running):
                if which(child):
                    self.client.set_terminated(child.info.run_id, status)

        # the next run on this machine ends those whose process has died
        self.attempt("The end of the runs within it", end, is_lost=False)

    def end(self, status: str, at: int | None = None) -> str:
        """Close the run as FINISHED, FAILED or KILLED; return the status that is recorded now.

        What has not been recorded yet is tried once more.

        Args:
            status: how the run ends.
            at: when it ends, in milliseconds since 1970; None: now.
        """
        entry = Entry(entries.END, {"status": status, "time": timestamp() if at is None else at})
        wait = max(self.time_left, LEAST_WAIT)
        is_recorded = self._outbox.put(entry, "The end of the run", self.say_kept, wait, try_hard=True)
        return status if is_recorded else "RUNNING"

    def catch_up(self) -> bool:
        """Have everything sent that is under way in this process; return whether it is."""
        entry, wait = Entry(entries.TAGS, {}), max(self.time_left, LEAST_WAIT)
        outbox = self._outbox
        return outbox.is_empty or outbox.put(entry, "What is under way", self.say_kept, wait, try_hard=True)

    def close(self) -> None:
        """Say that this process writes no more to the run; what is under way is still delivered."""
        self._outbox.close()

    def say_what_is_missing(self) -> None:
        """Say in a line what the record lacks, and where what is to be delivered later is kept."""
        trouble, kept = self._outbox.journal.trouble(), self._outbox.kept()
        sentences = []
        if self.missing:
            sentences.append(f"Lost: {shortened(self.missing)}.")
        if self._outbox.refused:
            sentences.append(f"The store refused {count_of(self._outbox.refused, 'entry', 'entries')}.")
        if kept:
            sentences.append(
                f"Kept in {self._outbox.journal.path} until the next run on this machine delivers it: "
                f"{counted(kept)}."
            )
        if trouble:
            sentences.append(f"Not all could be kept: {trouble}.")
        if sentences:
            about = f"The record of the run {self.run_id} at {self.store.shown} is incomplete."
            logger.warning("%s", " ".join([about, *sentences]))


def metric_fields(
    metrics: Mapping[str, float], step: int, belonging: Mapping[str, str] | None = None
) -> list[dict[str, object]]:
    """Return metrics of this moment as data."""
    now = timestamp()
    return [
        {"key": key, "value": float(value), "timestamp": now, "step": step, **(belonging or {})}
        for key, value in metrics.items()
    ]


def shortened(names: Sequence[str], most: int = 4) -> str:
    """Return a list of names as text, of a long one the beginning."""
    known = list(
        dict.fromkeys(name[:1].lower() + name[1:] if name[1:2].islower() else name for name in names)
    )
    return ", ".join(known[:most]) + (f" and {len(known) - most} more" if len(known) > most else "")


def network_in_name(parameters: Mapping[str, str]) -> str | None:
    """Return what stands for the network in the name of a run, None if its parameters do not name it."""
    network = parameters.get("network.name")
    return short_name(network, {"model": parameters.get("network.model")}) if network else None


def run_name(network: str | None, data_name: str | None, start_time: int) -> str:
    """Name a run after its network, its data and the local time of its start (milliseconds since 1970)."""
    started = datetime.fromtimestamp(start_time / 1000).astimezone()
    return "-".join(filter(None, (network, data_name, f"{started:%Y%m%d-%H%M%S}")))
