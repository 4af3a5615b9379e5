"""Whether and where runs are recorded, as the files `mlflow*.yml` and the environment say."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kedro.config import AbstractConfigLoader, MissingConfigException
from pydantic import Field, ValidationError

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.options import Section
from image_classification.words import did_you_mean, nearest_names

_SQLITE = "sqlite:///"


class TrackingSettings(Section):
    """Whether and where runs are recorded."""

    enabled: bool = Field(default=True, description="Record every run that trains.")
    required: bool = Field(
        default=True,
        description="Stop before any work if runs cannot be recorded; false: warn and run without a record.",
    )
    experiment: str = Field(
        default="image-classification",
        min_length=1,
        description="The MLflow experiment that collects the runs. The environment variables "
        "MLFLOW_EXPERIMENT_NAME and MLFLOW_EXPERIMENT_ID win.",
    )
    tracking_uri: str | None = Field(
        default=None,
        description="Where the runs are: http(s)://…, sqlite:///…; null: mlflow.db in the project folder. "
        "The environment variable MLFLOW_TRACKING_URI wins.",
    )
    timeout: float = Field(
        default=5.0,
        gt=0,
        le=600,
        description="Seconds that a tracking server may take to answer at the start.",
    )
    system_metrics_interval: float | None = Field(
        default=10.0,
        ge=1,
        description="Seconds between two records of how busy processors, memory and GPUs are; null: none.",
    )


def load_settings(config_loader: AbstractConfigLoader) -> TrackingSettings:
    """Read the settings of all environments in force, merged; without any file they are the defaults.

    Raises:
        UserError: a key or a value is not allowed; the message names the file.
    """
    try:
        raw = config_loader["mlflow"]
    except (KeyError, MissingConfigException):
        return _as_the_environment_says(TrackingSettings())
    try:
        settings = TrackingSettings.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(details, config_loader) for details in error.errors()]
        raise UserError("\n".join(problems)) from error
    return _as_the_environment_says(settings)


def _as_the_environment_says(settings: TrackingSettings) -> TrackingSettings:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    return settings.model_copy(update={"experiment": name}) if name else settings


def _problem(details: Mapping[str, Any], config_loader: AbstractConfigLoader) -> str:
    """Say in one line which key of which file is wrong, what was found and what is allowed."""
    path = [part for part in details["loc"] if isinstance(part, str)]
    key = ".".join(path) or "its content"
    file = config_loader.origin("mlflow", path) if isinstance(config_loader, LayeredConfigLoader) else None
    where = file or "mlflow.yml"
    allowed = TrackingSettings.model_fields
    if details["type"] == "extra_forbidden":
        guess = did_you_mean(nearest_names(key, allowed, cutoff=0.5))
        return f"{where}: there is no key {key}{guess} The keys are: {', '.join(allowed)}."
    meaning = f" It means: {allowed[key].description}" if key in allowed else ""
    return f"{where}: {key} is {details['input']!r}: {details['msg']}.{meaning}"


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
        # MLflow takes more than a second to import, and the settings are read by every command
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
        from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415
        from mlflow.utils.rest_utils import http_request  # noqa: PLC0415

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
