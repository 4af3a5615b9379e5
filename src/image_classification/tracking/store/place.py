"""The place where runs are kept: its address, and whether it answers."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from image_classification.errors import UserError
from image_classification.tracking.store.database import is_database_server, require_connection
from image_classification.tracking.store.secrets_in_address import shown_address
from image_classification.tracking.store.settings import TrackingSettings

_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Store:
    """A place of runs: its address, and for those that no server manages where their files are.

    artifact_root: The folder of files on this machine. artifacts: Another place for them, such as a bucket.
    """

    uri: str
    artifact_root: Path | None = None
    artifacts: str | None = None

    @property
    def shown(self) -> str:
        """The address as it may be shown: without a password."""
        return shown_address(self.uri)

    @property
    def is_server(self) -> bool:
        """Whether a tracking server answers at this address."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def is_database(self) -> bool:
        """Whether it is a database, which whoever records a run or looks at one opens by themselves."""
        scheme = urlsplit(self.uri).scheme
        return "+" in scheme or self.uri.startswith(_SQLITE) or is_database_server(self.uri)

    @property
    def database(self) -> Path | None:
        """The file of an SQLite database, None for every other store."""
        return Path(self.uri.removeprefix(_SQLITE).split("?")[0]) if self.uri.startswith(_SQLITE) else None

    def require_database(self, writable_within: float | None = None) -> None:
        """Look whether the file of an SQLite database is there, and can be written to within so many seconds.

        Raises:
            OSError: it is not there.
            sqlite3.Error: it cannot be written to.
        """
        if self.database and not self.database.is_file():
            raise FileNotFoundError(f"{self.database} is not there any more")
        if self.database and writable_within is not None:
            require_lock(self.database, writable_within)

    def require_answer(self, timeout: float) -> None:
        """Ask a server, of MLflow or a database, for a sign of life, once and for at most `timeout` seconds.

        Raises:
            UserError: it cannot be reached. Any answer but "bad gateway" and the like will do, as a login
                may be asked for.
        """
        if is_database_server(self.uri):
            require_connection(self.uri, self.shown, timeout)
        if not self.is_server:
            return
        status, _, reason = self._ask("/health", "GET", timeout)
        if status in {502, 503, 504}:
            reason = f"it answers {status}"
        if reason:
            raise UserError(
                f"The tracking server {self.shown} cannot be reached: {reason}\n"
                "Start it, or correct MLFLOW_TRACKING_URI or tracking_uri in conf/base/mlflow.yml; "
                "required: false there runs without a record, enabled: false switches tracking off."
            )

    def require_mlflow(self, timeout: float) -> None:
        """Ask a server, once and for at most `timeout` seconds, what only MLflow can answer.

        Raises:
            UserError: what answers is something else, or an MLflow that fails.
        """
        if not self.is_server:
            return
        status, text, reason = self._ask(
            "/api/2.0/mlflow/experiments/search", "POST", timeout, json={"max_results": 1}
        )
        if status in {401, 403}:
            return  # MLflow's own message says which login it asks for
        if not reason and status != 200:
            reason = f"it answers {status}"
        elif not reason and not text.lstrip().startswith("{"):
            reason = "it answers with a page instead of data; is this the address of an MLflow server?"
        if reason:
            raise UserError(
                f"No run can be recorded at {self.shown}: {reason}\n"
                "Put that right, or set MLFLOW_TRACKING_URI, or tracking_uri in conf/base/mlflow.yml, to "
                "another place; required: false there runs without a record."
            )

    def _ask(self, path: str, method: str, timeout: float, **options: Any) -> tuple[int, str, str]:
        """Return status and text of an answer, and why there is none."""
        # MLflow takes more than a second to import, and the settings are read by every command
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
        from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415
        from mlflow.utils.rest_utils import http_request  # noqa: PLC0415

        try:
            response = http_request(  # type: ignore[no-untyped-call]
                get_default_host_creds(self.uri),  # type: ignore[no-untyped-call]
                path,
                method,
                max_retries=0,
                timeout=timeout,
                raise_on_status=False,
                **options,
            )
        except MlflowException as error:
            return 0, "", str(root_cause(error))
        return response.status_code, response.text, ""

    def is_reachable(self, timeout: float) -> bool:
        """Whether the store shows a sign of life within `timeout` seconds.

        A server answers, an SQLite file can be written to.
        """
        try:
            self.require_answer(timeout)
            self.require_database(writable_within=timeout)
        except (UserError, OSError, sqlite3.Error):
            return False
        return True


def require_lock(database: Path, timeout: float) -> None:
    """Look whether an SQLite file can be written to, and do not write.

    Args:
        database: the file.
        timeout: seconds to wait for another program that has locked it.

    Raises:
        sqlite3.Error: it cannot.
    """
    address = f"{database.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, timeout=timeout, uri=True)) as connection:
        connection.execute("PRAGMA user_version").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()


def locate_store(
    settings: TrackingSettings, project_path: Path, environ: Mapping[str, str] = os.environ
) -> Store:
    """Say where the runs are: MLFLOW_TRACKING_URI, else the settings, else `mlflow.db` in the project.

    A relative SQLite path belongs to the project folder, whatever the working directory.

    Raises:
        UserError: the address is a folder, which MLflow no longer keeps runs in.
    """
    named_by = "MLFLOW_TRACKING_URI" if environ.get("MLFLOW_TRACKING_URI") else "mlflow.yml: tracking_uri"
    uri = environ.get("MLFLOW_TRACKING_URI") or settings.tracking_uri or f"{_SQLITE}mlflow.db"
    scheme, files = urlsplit(uri).scheme, project_path / "mlartifacts"
    if uri.startswith(_SQLITE):
        path = uri.removeprefix(_SQLITE)
        address = f"{_SQLITE}{(project_path / path).as_posix()}"
        return Store(address, None if settings.artifacts else files, settings.artifacts)
    if scheme in {"", "file"} and uri != "databricks":
        raise UserError(
            f"{named_by} is '{uri}', a folder, and MLflow keeps runs in databases and on servers only. "
            "Give sqlite:///mlflow.db or http(s)://<host>:<port>, or nothing for the project's mlflow.db."
        )
    if "+" in scheme or is_database_server(uri):
        return Store(uri, None if settings.artifacts else files, settings.artifacts)
    return Store(uri)


def root_cause(error: BaseException) -> BaseException:
    """Return what an error began with: "Connection refused" rather than "max retries exceeded"."""
    cause = error.__cause__ or error.__context__
    return root_cause(cause) if cause else error
