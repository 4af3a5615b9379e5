"""Opening the place where runs are kept: its experiment, or a run that somebody else has created."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.files.permissions import may
from image_classification.files.troubles import require_readable, require_room, require_writable
from image_classification.tracking.delivery.lane import lane_of
from image_classification.tracking.failures import explained
from image_classification.tracking.store.moved import follow_the_project
from image_classification.tracking.store.place import Store, require_lock
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.store.storage_of_files import require_storage

# by which whoever starts this process names a run that it has created, for this process to fill
RUN_TO_JOIN = "MLFLOW_RUN_ID"
# seconds beyond the time-out that is asked for, for what has none
_GRACE = 3.0
# bytes: what a run adds to a database at least, and what an empty one takes
_OF_A_RUN, _OF_NEW_TABLES = 200_000, 1_200_000


def open_experiment(store: Store, settings: TrackingSettings) -> tuple[MlflowClient, str]:
    """Open the store and its experiment, each created if absent; return a client and the experiment's id.

    Raises:
        UserError: the server does not answer, the database cannot be used, or the experiment is deleted.
    """
    with _opened(store, settings) as client:
        return client, _experiment_id(client, store, settings)


def open_run(
    store: Store, settings: TrackingSettings, run_id: str, parameters: Mapping[str, str]
) -> tuple[MlflowClient, Run]:
    """Open the store and a run in it that somebody else has created; return a client and the run.

    Args:
        store: where the run is.
        settings: of tracking.
        run_id: of the run.
        parameters: what is to be recorded in it.

    Raises:
        UserError: as in `open_experiment`; or there is no such run, or it is deleted, holds a training
            already, or has other values of these parameters.
    """
    with _opened(store, settings) as client:
        run = _existing_run(client, store, run_id)
        require_storage(run.info.artifact_uri, store, settings)
    if "train/loss" in run.data.metrics:
        raise UserError(
            f"{RUN_TO_JOIN} names the run {run_id}, which holds a training already: nobody could tell two in "
            "one record apart. Unset it, or create a run for this training."
        )
    recorded = run.data.params
    if other := [name for name, value in parameters.items() if recorded.get(name, value) != value]:
        raise UserError(
            f"{RUN_TO_JOIN} names the run {run_id}, which has another {other[0]} ({recorded[other[0]]} "
            f"instead of {parameters[other[0]]}), and MLflow's parameters cannot be changed. "
            "Train with the same, or create another run."
        )
    return client, run


def find_run(store: Store, settings: TrackingSettings, run_id: str) -> tuple[MlflowClient, Run] | None:
    """Open the store and return a client and a run in it, None if it is not there, or deleted.

    Raises:
        UserError: as in `open_experiment`.
    """
    with _opened(store, settings) as client:
        try:
            run = client.get_run(run_id)
            follow_the_project(store, client.get_experiment(run.info.experiment_id))
            run = client.get_run(run_id)
        except MlflowException:
            return None
    return (client, run) if run.info.lifecycle_stage != "deleted" else None


@contextmanager
def _opened(store: Store, settings: TrackingSettings) -> Iterator[MlflowClient]:
    with explained(store), ExitStack() as locked:
        for ask in (store.require_answer, store.require_mlflow):
            # the look-up of a name has no limit of its own
            lane_of(store.uri).do(
                partial(ask, settings.timeout), settings.timeout + _GRACE, lambda _seconds: False
            )
        if database := store.database:
            _require_database(database)
            database.parent.mkdir(parents=True, exist_ok=True)
            # of two processes that create the tables at the same moment one would fail
            locked.enter_context(FileLock(database.with_name(f"{database.name}.lock"), timeout=60))
            # MLflow would try ten times over minutes to open a file that is locked or not a database
            sqlite3.connect(database).close()
            require_lock(database, settings.timeout)
        yield MlflowClient(store.uri)


def _require_database(database: Path) -> None:
    """Refuse a database that cannot be written: SQLite needs the file, and room for a journal beside it.

    Raises:
        UserError: naming the permission that is missing.
    """
    require_readable(database)
    require_writable(database)
    if database.is_dir():
        raise UserError(f"{database} is a folder, and the file of a database is expected.")
    if database.exists() and not may(database, os.W_OK):
        raise UserError(f"{database} cannot be written: permission w is missing for this file.")
    size = database.stat().st_size if database.exists() else 0
    require_room(database, _OF_A_RUN if size else _OF_NEW_TABLES, added_to=size)


def find_experiment(client: MlflowClient, settings: TrackingSettings) -> Experiment | None:
    """Return the experiment that runs are recorded in, None if it does not exist yet.

    Raises:
        MlflowException: MLFLOW_EXPERIMENT_ID names none.
    """
    number = os.environ.get("MLFLOW_EXPERIMENT_ID")
    if number and not os.environ.get("MLFLOW_EXPERIMENT_NAME"):
        return client.get_experiment(number)
    return client.get_experiment_by_name(settings.experiment)


def _experiment_id(client: MlflowClient, store: Store, settings: TrackingSettings) -> str:
    name = settings.experiment
    experiment = find_experiment(client, settings) or _create_experiment(client, store, name)
    if experiment.lifecycle_stage == "deleted":
        raise UserError(
            f"The experiment '{experiment.name}' at {store.shown} is deleted, so no run can be recorded in "
            "it. Bring it back with "
            f"`mlflow experiments restore --experiment-id {experiment.experiment_id}`, or set experiment in "
            "conf/base/mlflow.yml to another name."
        )
    require_storage(follow_the_project(store, experiment), store, settings)
    return str(experiment.experiment_id)


def _existing_run(client: MlflowClient, store: Store, run_id: str) -> Run:
    advice = "Unset it, or set MLFLOW_TRACKING_URI to the store that has the run."
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise UserError(
            f"{RUN_TO_JOIN} names the run {run_id}, which is not at {store.shown}. {advice}"
        ) from error
    if run.info.lifecycle_stage == "deleted":
        raise UserError(f"{RUN_TO_JOIN} names the run {run_id}, which is deleted at {store.shown}. {advice}")
    return run


def _create_experiment(client: MlflowClient, store: Store, name: str) -> Experiment:
    location = store.artifact_root.as_uri() if store.artifact_root else store.artifacts
    # MLflow's pages would show the experiment as one of language models otherwise
    tags = {"mlflow.experimentKind": "custom_model_development"}
    try:
        return client.get_experiment(client.create_experiment(name, location, tags))
    except MlflowException:
        # another process was faster, if that is what went wrong
        if experiment := client.get_experiment_by_name(name):
            return experiment
        raise
