"""One open run: everything that is written to it, from whichever thread or process, goes through here."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cached_property, partial
from pathlib import Path
from time import time
from typing import TypeVar

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from PIL import Image

from image_classification.errors import UserError
from image_classification.tracking.store.opening import Store, check_reachable, root_cause

Result = TypeVar("Result")


def uninterrupted(action: Callable[[], Result]) -> Result:
    """Do something in a thread of its own and wait for it; return its result or raise its error.

    Python raises what a signal causes in the main thread, between any two instructions. In the middle of a
    transaction that leaves SQLite locked for the rest of the process, and the end of the run could not be
    recorded any more. So only the waiting is interrupted; the call itself is completed.
    """
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(action())
        except BaseException as error:
            outcome.set_exception(error)

    try:
        threading.Thread(target=work, name="tracking", daemon=True).start()
    except RuntimeError:  # no new threads: the interpreter is on its way out
        work()
    return outcome.result()


# what MLflow accepts in one parameter, one tag, one call; it refuses what is longer
LONGEST_PARAMETER = 6000
LONGEST_TAG = 8000
LARGEST_BATCH = 100

logger = logging.getLogger(__name__)


class TrackedRun:
    """A run that is open. No failure to write to it is raised: the work is worth more than its record.

    The run is always named by its id, because MLflow's own idea of the active run ends at the thread.
    """

    def __init__(self, run_id: str, store_uri: str) -> None:
        self.run_id = run_id
        self.store = Store(store_uri)
        self._warned = False
        self._server_is_gone = False

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's client for the store; opening it may fail, so it is opened where it is used."""
        return MlflowClient(self.store.uri)

    def attempt(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Do one piece of recording and return its result, None if it fails. The first failure is a warning.

        After a server has gone, nothing more is tried, for each try would cost a time-out.
        """
        if self._server_is_gone:
            return None
        try:
            return uninterrupted(action)
        except Exception as error:
            self.warn(what, error)
            self._server_is_gone = self.store.is_server and not self._is_reachable()
            return None

    def read(self) -> Run | None:
        """Return all that is recorded so far, None if it cannot be read."""
        return self.attempt("Something", lambda: self.client.get_run(self.run_id))

    def warn(self, what: str, error: Exception) -> None:
        """Say once what could not be recorded and why; later failures are only in the log file."""
        level = logging.DEBUG if self._warned else logging.WARNING
        self._warned = True
        cause = root_cause(error) if self.store.is_server else error
        first_line = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        logger.log(
            level,
            "%s could not be recorded in the run %s at %s: %s. The run goes on; its record has a gap.",
            what,
            self.run_id,
            self.store.shown,
            first_line,
        )

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
        """Record a picture where MLflow shows it beside those of other runs, which it does with no file."""
        with Image.open(path) as picture:
            self.client.log_image(self.run_id, picture, key=path.stem, step=0, synchronous=True)

    def end(self, status: str) -> str:
        """Close the run as FINISHED, FAILED or KILLED; return the status that is recorded now."""
        self._server_is_gone = False  # this is worth one more try

        def close() -> str:
            self.client.set_terminated(self.run_id, status)
            return status

        return self.attempt("The end of the run", close) or "RUNNING"

    def _is_reachable(self) -> bool:
        try:
            check_reachable(self.store, timeout=2.0)
        except UserError:
            return False
        return True


def timestamp() -> int:
    """Return the time as MLflow counts it: milliseconds since 1970."""
    return int(time() * 1000)
