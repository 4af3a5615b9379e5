"""Which run a training is recorded in: a new one, one that somebody has created, or its own from before."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag

from image_classification.learning.checkpoints.folder import About
from image_classification.processes.identity import this_process
from image_classification.tracking.announcement import RunInfo
from image_classification.tracking.beginning.resuming import open_again, run_to_rejoin
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.failures import explained
from image_classification.tracking.run import LONGEST_TAG, TrackedRun, network_in_name, run_name
from image_classification.tracking.store.opening import RUN_TO_JOIN, open_experiment, open_run
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings


class Place(NamedTuple):
    """Where runs are recorded.

    pending: the folder of what could not be.
    """

    store: Store
    settings: TrackingSettings
    pending: Path


class Opened(NamedTuple):
    """A run that is open.

    recorded: the names of the parameters that it has already.
    started: when it began, in milliseconds since 1970.
    is_given: whether somebody else has created it to be filled.
    """

    run: TrackedRun
    info: RunInfo
    recorded: Collection[str]
    started: int
    is_given: bool = False


def open_a_run(
    place: Place,
    tags: Mapping[str, str],
    parameters: Mapping[str, str],
    decisive: Mapping[str, str],
    resumed: About | None,
) -> Opened:
    """Open the run that a training is recorded in.

    Args:
        place: where.
        tags: of a new run.
        parameters: all that will be recorded, by their names in the record.
        decisive: those of them that decide about a result.
        resumed: the training that goes on, as far as is known before the data are; None for one that begins.

    Raises:
        UserError: the store cannot be used, or the run that somebody has created for this training.
    """
    store, settings, pending = place
    to_join = os.environ.pop(RUN_TO_JOIN, None)  # as MLflow does: it is filled once
    if resumed and to_join in {None, resumed.run_id}:
        again = run_to_rejoin(store, settings, resumed, decisive, pending)
        if again:
            opened = _joined(store, *again, this_process())
            open_again(opened.run, again[1], resumed, tags)
            return opened
    if to_join:
        given = _joined(store, *open_run(store, settings, to_join, parameters), tags)
        return given._replace(is_given=True)
    client, experiment_id = open_experiment(store, settings)
    started = timestamp()
    name = run_name(network_in_name(parameters), None, started)
    with explained(store):
        run_id = client.create_run(experiment_id, started, dict(tags), name).info.run_id
        experiment = client.get_experiment(experiment_id).name
    info = RunInfo(run_id, name, experiment, store.shown, "RUNNING")
    return Opened(TrackedRun(run_id, store.uri), info, (), started)


def _joined(store: Store, client: MlflowClient, found: Run, tags: Mapping[str, str]) -> Opened:
    """Go on with a run that exists, and that keeps its name."""
    run_id = found.info.run_id
    with explained(store):
        experiment = client.get_experiment(found.info.experiment_id).name
        # first whose it is: what an earlier process still has to say of its end is no longer true
        client.log_batch(run_id, tags=[RunTag(name, value[:LONGEST_TAG]) for name, value in tags.items()])
        client.update_run(run_id, status="RUNNING")
    info = RunInfo(run_id, found.info.run_name, experiment, store.shown, "RUNNING")
    return Opened(TrackedRun(run_id, store.uri), info, found.data.params, found.info.start_time)
