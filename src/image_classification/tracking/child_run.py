"""Runs within a run: where one command trains several times, each training has a record of its own.

Imports MLflow, which takes more than a second, so a node imports this only when it runs.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from image_classification.parameters.used import parameter_text
from image_classification.processes.identity import this_process
from image_classification.tracking.announcement import RunEnvironment, announced_run
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.delivery.entries import DESCRIPTION, ENDED_IN, ERROR, KILLED_BY, RESUMED
from image_classification.tracking.results import close, test_metrics
from image_classification.tracking.run import CONTINUES, PARENT_RUN, TrackedRun

# what a child does not have in common with its parent
_OWN_TAGS = frozenset(
    {"device", ERROR, KILLED_BY, ENDED_IN, RESUMED, CONTINUES, DESCRIPTION, "mlflow.runName"}
)


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

    def log_validation(self, metrics: Mapping[str, float]) -> None:
        """Record what was measured on validation images in the end: validation_final/accuracy, …"""
        if self._run:
            own = {name.removeprefix("validation/"): value for name, value in metrics.items()}
            self._run.log_metrics({f"validation_final/{name}": value for name, value in own.items()})

    def tag(self, **tags: str) -> None:
        """Record what the child says of itself."""
        if self._run:
            self._run.set_tags(tags)

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
        close(child, error)
        raise
    else:
        close(child)
    finally:
        environment.restore()


def _open(parent_id: str, store_uri: str, name: str, parameters: Mapping[str, Any]) -> TrackedRun | None:
    parent = TrackedRun(parent_id, store_uri)

    def create() -> TrackedRun:
        record = parent.client.get_run(parent_id)
        tags = {key: value for key, value in record.data.tags.items() if key not in _OWN_TAGS}
        tags |= {PARENT_RUN: parent_id} | this_process()  # which may be a worker of the parent's
        created = parent.client.create_run(record.info.experiment_id, timestamp(), tags, name)
        child = TrackedRun(created.info.run_id, store_uri)
        # the data are recorded when the child begins to train on them
        shared = {key: value for key, value in record.data.params.items() if not key.startswith("data.")}
        child.log_parameters(shared | {key: parameter_text(value) for key, value in parameters.items()})
        return child

    return parent.attempt(f"The run '{name}'", create)
