"""Runs within a run: where one command trains several times, each training has a record of its own.

Imports MLflow, which takes more than a second, so a node imports this only when it runs.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from image_classification.parameters.used import parameter_text
from image_classification.tracking.announcement import RunEnvironment, announced_run
from image_classification.tracking.description import DESCRIPTION, record_description
from image_classification.tracking.results import record_error, summary_of, test_metrics
from image_classification.tracking.run import TrackedRun

# MLflow's own tag of a run that is part of another one
PARENT_RUN = "mlflow.parentRunId"
# what a child does not have in common with its parent
_OWN_TAGS = frozenset({"device", "error", "killed_by", "ended_in", DESCRIPTION, "mlflow.runName"})


class ChildRun:
    """A run that is part of the open one. Where none is open it records nothing.

    Attributes:
        run_id: of the child, None if nothing is recorded.
    """

    def __init__(self, run: TrackedRun | None) -> None:
        self._run = run
        self.run_id = run.run_id if run else None

    def log_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Record final metrics under the names that they have in every run: accuracy as test/accuracy, …"""
        if self._run:
            self._run.log_metrics(test_metrics(metrics))

    def log_file(self, path: Path, folder: str) -> None:
        """Copy a file to the child's artifacts under `folder`, such as model_output."""
        if self._run:
            self._run.log_file(path, folder)


@contextmanager
def child_run(name: str, parameters: Mapping[str, Any]) -> Iterator[ChildRun]:
    """Open a run within the open one for as long as the block lasts.

    What `live_metrics` records in the block, in this thread and in processes that it forks, goes to the
    child. It ends as FINISHED, or as FAILED with the error, or as KILLED if the block is left by Ctrl-C or an
    exit; a process that dies on the spot leaves that to the end of the parent. No failure to record is
    raised, and where no run is open nothing is recorded.

    Args:
        name: shown in MLflow, for example "trial 3".
        parameters: what sets this child apart from its parent, whose other parameters it shares, by flat
            names as in every run, for example {"optimizer.lr": 0.1}.
    """
    announced = announced_run()
    child = _open(*announced, name, parameters) if announced else None
    if child is None:
        yield ChildRun(None)
        return
    environment = RunEnvironment()
    # several may be open at once, each in a thread of its own
    environment.announce(child.run_id, child.store.uri, to_this_thread_only=True)
    try:
        yield ChildRun(child)
    except BaseException as error:
        _end(child, "FAILED" if isinstance(error, Exception) else "KILLED", error)
        raise
    finally:
        environment.restore()
    _end(child, "FINISHED")


def end_children(parent: TrackedRun, status: str) -> None:
    """End the children of a run that are still said to be running: their process has died, or is about to."""

    def end() -> None:
        experiment = parent.client.get_run(parent.run_id).info.experiment_id
        running = f"attributes.status = 'RUNNING' and tags.`{PARENT_RUN}` = '{parent.run_id}'"
        for child in parent.client.search_runs([experiment], running):
            parent.client.set_terminated(child.info.run_id, status)

    parent.attempt("The end of the runs within it", end)


def _open(parent_id: str, store_uri: str, name: str, parameters: Mapping[str, Any]) -> TrackedRun | None:
    parent = TrackedRun(parent_id, store_uri)

    def create() -> TrackedRun:
        record = parent.client.get_run(parent_id)
        tags = {key: value for key, value in record.data.tags.items() if key not in _OWN_TAGS}
        created = parent.client.create_run(
            record.info.experiment_id, tags=tags | {PARENT_RUN: parent_id}, run_name=name
        )
        child = TrackedRun(created.info.run_id, store_uri)
        # the data are recorded when the child begins to train on them
        shared = {key: value for key, value in record.data.params.items() if not key.startswith("data.")}
        child.log_parameters(shared | {key: parameter_text(value) for key, value in parameters.items()})
        return child

    return parent.attempt(f"The run '{name}'", create)


def _end(child: TrackedRun, status: str, error: BaseException | None = None) -> None:
    why = summary_of(error) if error else ""
    if isinstance(error, Exception):
        record_error(child, error)
    elif error:
        child.set_tags({"killed_by": why})
    child.attempt("The description", lambda: record_description(child, status, why))
    child.end(status)
