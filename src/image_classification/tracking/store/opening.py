"""Where the runs are kept, and how that place is opened."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from image_classification.errors import UserError
from image_classification.tracking.store.settings import TrackingSettings

SQLITE = "sqlite:///"
# by which whoever starts this process names a run that it has created, for this process to fill
RUN_TO_JOIN = "MLFLOW_RUN_ID"

Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Store:
    """A place of runs: its address, and for those that no server manages the folder of their files."""

    uri: str
    artifact_root: Path | None = None

    @property
    def shown(self) -> str:
        """The address as it may be shown: without a password."""
        return re.sub(r"(?<=//)[^/@]*@", "", self.uri)

    @property
    def is_server(self) -> bool:
        """Whether a tracking server answers at this address."""
        return self.uri.startswith(("http://", "https://"))


def locate_store(
    settings: TrackingSettings, project_path: Path, environ: Mapping[str, str] = os.environ
) -> Store:
    """Say where the runs are: MLFLOW_TRACKING_URI, else the settings, else `mlflow.db` in the project.

    A relative SQLite path belongs to the project folder, whatever the working directory.

    Raises:
        UserError: the address is a folder, which MLflow no longer keeps runs in.
    """
    named_by = "MLFLOW_TRACKING_URI" if environ.get("MLFLOW_TRACKING_URI") else "mlflow.yml: tracking_uri"
    uri = environ.get("MLFLOW_TRACKING_URI") or settings.tracking_uri or f"{SQLITE}mlflow.db"
    scheme = urlsplit(uri).scheme
    if uri.startswith(SQLITE):
        path = uri.removeprefix(SQLITE)
        return Store(f"{SQLITE}{(project_path / path).as_posix()}", project_path / "mlartifacts")
    if scheme in {"", "file"} and uri != "databricks":
        raise UserError(
            f"{named_by} is '{uri}', a folder, and MLflow keeps runs in databases and on servers only. "
            "Give sqlite:///mlflow.db or http(s)://<host>:<port>, or nothing for the project's mlflow.db."
        )
    is_database = "+" in scheme or scheme in {"postgresql", "mysql", "mssql"}
    return Store(uri, project_path / "mlartifacts") if is_database else Store(uri)


def open_experiment(store: Store, settings: TrackingSettings) -> tuple[MlflowClient, str]:
    """Open the store and its experiment, each created if absent; return a client and the experiment's id.

    Raises:
        UserError: the server does not answer, the database cannot be used, or the experiment is deleted.
    """
    return _opened(store, settings, lambda client: (client, _experiment_id(client, store, settings)))


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
        UserError: as `open_experiment`; or there is no such run, it is deleted, it holds a training already,
            or other values of these parameters.
    """
    client, run = _opened(store, settings, lambda client: (client, _existing_run(client, store, run_id)))
    if "train/loss" in run.data.metrics:
        raise UserError(
            f"{RUN_TO_JOIN} names the run {run_id}, which holds a training already: two in one record would "
            "be told from each other by nobody. Unset it, or create a run for this training."
        )
    recorded = run.data.params
    if other := [name for name, value in parameters.items() if recorded.get(name, value) != value]:
        raise UserError(
            f"{RUN_TO_JOIN} names the run {run_id}, which has another {other[0]} ({recorded[other[0]]} "
            f"instead of {parameters[other[0]]}), and MLflow's parameters cannot be changed. "
            "Train with the same, or create another run."
        )
    return client, run


def _opened(store: Store, settings: TrackingSettings, use: Callable[[MlflowClient], Opened]) -> Opened:
    with explained(store):
        if store.is_server:
            check_reachable(store, settings.timeout)
        if not store.uri.startswith(SQLITE):
            return use(MlflowClient(store.uri))
        database = Path(store.uri.removeprefix(SQLITE).split("?")[0])
        database.parent.mkdir(parents=True, exist_ok=True)
        # of two processes that create the tables at the same moment one would fail
        with FileLock(database.with_name(f"{database.name}.lock"), timeout=60):
            # MLflow would try ten times over minutes to open a file that is no database
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA user_version").fetchone()
            return use(MlflowClient(store.uri))


@contextmanager
def explained(store: Store) -> Iterator[None]:
    """Turn whatever goes wrong with a store before a run into a `UserError` that names the store."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        hint = (
            f"Take a copy of it, then run `mlflow db upgrade {store.shown}`."
            if "out-of-date" in str(error)
            else "Put that right, or set MLFLOW_TRACKING_URI, or tracking_uri in conf/base/mlflow.yml, to "
            "another place; required: false there runs without a record."
        )
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"No run can be recorded at {store.shown}: {reason}\n{hint}") from error


def check_reachable(store: Store, timeout: float) -> None:
    """Ask the server for a sign of life, once and for at most `timeout` seconds.

    Raises:
        UserError: it cannot be reached. Any answer but "bad gateway" and the like will do, as a login
            may be asked for.
    """
    try:
        response = http_request(  # type: ignore[no-untyped-call]
            get_default_host_creds(store.uri),  # type: ignore[no-untyped-call]
            "/health",
            "GET",
            max_retries=0,
            timeout=timeout,
            raise_on_status=False,
        )
        reason = f"it answers {response.status_code}" if response.status_code in {502, 503, 504} else ""
    except MlflowException as error:
        reason = str(root_cause(error))
    if reason:
        raise UserError(
            f"The tracking server {store.shown} cannot be reached: {reason}\n"
            "Start it, or correct MLFLOW_TRACKING_URI or tracking_uri in conf/base/mlflow.yml; "
            "required: false there runs without a record, enabled: false switches tracking off."
        )


def find_experiment(client: MlflowClient, settings: TrackingSettings) -> Experiment | None:
    """Return the experiment that runs are recorded in, None if it is not there yet.

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
    location = store.artifact_root.as_uri() if store.artifact_root else None
    # MLflow's pages would show the experiment as one of language models otherwise
    tags = {"mlflow.experimentKind": "custom_model_development"}
    try:
        return client.get_experiment(client.create_experiment(name, location, tags))
    except MlflowException:
        # another process was faster, if that is what went wrong
        if experiment := client.get_experiment_by_name(name):
            return experiment
        raise


def root_cause(error: BaseException) -> BaseException:
    """Return what an error began with: "Connection refused" rather than "max retries exceeded"."""
    cause = error.__cause__ or error.__context__
    return root_cause(cause) if cause else error
