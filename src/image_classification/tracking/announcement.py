"""How nodes, in any thread or child process, find the run that is open, and the console the last one.

Environment variables alone announce the open run: child processes inherit them however they are started.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kedro.utils import find_kedro_project

from image_classification.tracking.delivery.clock import OFFSET, offset
from image_classification.tracking.store.settings import TrackingSettings

RUN_ID = "IMAGE_CLASSIFICATION_RUN_ID"
STORE_URI = "MLFLOW_TRACKING_URI"
# set while the run that is open was created by somebody else to be filled
_GIVEN = "IMAGE_CLASSIFICATION_RUN_IS_GIVEN"

# for as long as a run is open, unless a person has set them otherwise
_CALM: Mapping[str, str] = {
    # a forked child must not inherit an open database connection, so none is kept
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
    # a server that has gone must not hold up the training; MLflow would try seven times over minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # the links and progress bars of MLflow; the console has its own
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class RunEnvironment:
    """The environment variables of an open run, and the values that they displaced."""

    def __init__(self) -> None:
        self._displaced: dict[str, str | None] = {}

    def calm(self) -> None:
        """Set what MLflow must know before the store is opened."""
        self._set({name: value for name, value in _CALM.items() if name not in os.environ})
        self._set({OFFSET: repr(offset())})

    def announce(
        self, run_id: str, store_uri: str, *, to_this_thread_only: bool = False, is_given: bool = False
    ) -> None:
        """Let threads and child processes find the run.

        The address goes under MLflow's own name, so that what a node itself asks MLflow goes there too. What
        is for this thread only is found by the processes that it forks, too.
        """
        self._set({_of_this_thread() if to_this_thread_only else RUN_ID: run_id, STORE_URI: store_uri})
        if is_given:
            self._set({_GIVEN: "1"})

    def restore(self) -> None:
        """Put everything back as it was."""
        for name, value in self._displaced.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._displaced.clear()

    def _set(self, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            self._displaced.setdefault(name, os.environ.get(name))
            os.environ[name] = value


def announced_run() -> tuple[str, str] | None:
    """Return id and store address of the run that is open, or None."""
    run_id, uri = os.environ.get(_of_this_thread()) or os.environ.get(RUN_ID), os.environ.get(STORE_URI)
    return (run_id, uri) if run_id and uri else None


def go_on_in_run_of(earlier: Sequence[str]) -> str | None:
    """Have what follows recorded in the run of earlier commands that do the same, if there is one.

    Args:
        earlier: their runs, the first one first.

    Returns:
        The run that is open from now on, None if none is.
    """
    announced = announced_run()
    if announced is None or not earlier or _GIVEN in os.environ:
        return announced[0] if announced else None
    # imports MLflow
    from image_classification.tracking.beginning.sharing import go_on  # noqa: PLC0415

    return go_on(*announced, earlier)


def move_to(run_id: str) -> None:
    """Announce another run in the place of the one that is open, until this is closed."""
    os.environ[RUN_ID] = run_id


def _of_this_thread() -> str:
    # a forked process goes on in the thread that forked it, under the same number
    return f"{RUN_ID}_{threading.get_ident()}"


class EpochRecorder(Protocol):
    """Records an epoch (1, 2, …), its metrics by name, and the digest of the weights after it."""

    def __call__(self, epoch: int, row: Mapping[str, float], digest: Callable[[], str] | None = None) -> None:
        """Record an epoch; the digest is asked for only where it is recorded."""


def live_metrics(
    statistics: Any,
    earlier: Sequence[Mapping[str, float]] = (),
    weights: Any = None,
    tags: Mapping[str, str] | None = None,
    continues: str | None = None,
) -> EpochRecorder:
    """Tell the open run which data it trains on, and return the function to call after each epoch.

    Works in any thread and any child process of the one that opened the run. Where no run is open the
    returned function does nothing. Nothing that fails here is raised.

    Args:
        statistics: `ImageStatistics` of the data that is trained on; their module would import torch here.
        earlier: the metrics of each epoch that was done before the training was resumed, and "epoch".
        weights: `PretrainedWeights` that the network starts from; None: they were drawn.
        tags: what else the run says of its training.
        continues: the run of the training that this one goes on with, from a checkpoint.

    Returns:
        A function of the epoch (from 1), its metrics by name, such as "train/loss", and perhaps a function
        that returns the digest of its weights.
    """
    announced = announced_run()
    if announced is None:
        return _record_nothing
    # imports MLflow, which takes more than a second: only where something is recorded
    from image_classification.tracking.training import record_training  # noqa: PLC0415

    return record_training(*announced, statistics, earlier, weights, tags, continues)


def _record_nothing(epoch: int, row: Mapping[str, float], digest: Callable[[], str] | None = None) -> None:
    """Take an epoch where no run is open."""


PLACE = "IMAGE_CLASSIFICATION_TRACKING"


def announce_place(settings: TrackingSettings, project_path: Path) -> None:
    """Let every node of the pipeline that begins find where runs are recorded."""
    os.environ[PLACE] = json.dumps([settings.model_dump(), str(project_path)])


def withdraw_place() -> None:
    """Withdraw that at the end of the pipeline."""
    os.environ.pop(PLACE, None)


def announced_place() -> tuple[TrackingSettings, Path]:
    """Return the settings of tracking and the project's folder.

    Outside of a pipeline, as in a notebook or a script, these are the defaults and the project that the
    current folder belongs to.
    """
    announced = os.environ.get(PLACE)
    if announced is None:
        return TrackingSettings(), find_kedro_project(Path.cwd()) or Path.cwd()
    settings, project_path = json.loads(announced)
    return TrackingSettings.model_validate(settings), Path(project_path)


@dataclass(frozen=True)
class WayToShow:
    """How `kedro mlflow` opens what a run is recorded in.

    options: of the command, quoted for a shell.
    variables: what stands before it in a shell, quoted, so that it opens the same in any.
    is_secret: whether MLFLOW_TRACKING_URI names the place, and holds what may not be shown.
    """

    options: str = ""
    variables: str = ""
    is_secret: bool = False


@dataclass(frozen=True)
class RunInfo:
    """One run in MLflow."""

    run_id: str
    run_name: str
    experiment: str
    tracking_uri: str  # without a password
    status: str  # as recorded: FINISHED, FAILED, KILLED, or RUNNING while it is open or cannot be closed
    registered: str = ""  # as which version of a registered model, and what became of the champion
    way: WayToShow = WayToShow()


_last: RunInfo | None = None


def last_run() -> RunInfo | None:
    """Return the run that this process opened last, or None if its last pipeline opened none."""
    return _last


def remember(run: RunInfo | None) -> None:
    """Make `run` the one that `last_run` returns."""
    # one fact about the whole process: hooks of several sessions and the console share it
    global _last  # noqa: PLW0603
    _last = run
