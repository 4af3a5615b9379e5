"""Where the runs are kept, and whether a server answers there."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from image_classification.errors import UserError
from image_classification.tracking.store.settings import TrackingSettings

_SQLITE = "sqlite:///"


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

    @property
    def database(self) -> Path | None:
        """The file of an SQLite database, None for every other store."""
        return Path(self.uri.removeprefix(_SQLITE).split("?")[0]) if self.uri.startswith(_SQLITE) else None

    def require_answer(self, timeout: float) -> None:
        """Ask a server for a sign of life, once and for at most `timeout` seconds.

        Raises:
            UserError: it cannot be reached. Any answer but "bad gateway" and the like will do, as a login
                may be asked for.
        """
        if not self.is_server:
            return
        try:
            response = http_request(  # type: ignore[no-untyped-call]
                get_default_host_creds(self.uri),  # type: ignore[no-untyped-call]
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
                f"The tracking server {self.shown} cannot be reached: {reason}\n"
                "Start it, or correct MLFLOW_TRACKING_URI or tracking_uri in conf/base/mlflow.yml; "
                "required: false there runs without a record, enabled: false switches tracking off."
            )

    def is_reachable(self, timeout: float) -> bool:
        """Whether a server gives a sign of life; True for a store that is none."""
        try:
            self.require_answer(timeout)
        except UserError:
            return False
        return True


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
    scheme = urlsplit(uri).scheme
    if uri.startswith(_SQLITE):
        path = uri.removeprefix(_SQLITE)
        return Store(f"{_SQLITE}{(project_path / path).as_posix()}", project_path / "mlartifacts")
    if scheme in {"", "file"} and uri != "databricks":
        raise UserError(
            f"{named_by} is '{uri}', a folder, and MLflow keeps runs in databases and on servers only. "
            "Give sqlite:///mlflow.db or http(s)://<host>:<port>, or nothing for the project's mlflow.db."
        )
    is_database = "+" in scheme or scheme in {"postgresql", "mysql", "mssql"}
    return Store(uri, project_path / "mlartifacts") if is_database else Store(uri)


def root_cause(error: BaseException) -> BaseException:
    """Return what an error began with: "Connection refused" rather than "max retries exceeded"."""
    cause = error.__cause__ or error.__context__
    return root_cause(cause) if cause else error
