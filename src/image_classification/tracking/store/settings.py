"""Whether and where runs are recorded, as the files `mlflow*.yml` and the environment say."""

import os
from collections.abc import Mapping
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from pydantic import Field, ValidationError

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.options import Section
from image_classification.tracking.registry.settings import RegistrySettings
from image_classification.tracking.store.credentials import take_credentials
from image_classification.tracking.store.secrets_in_address import has_password, shown_address
from image_classification.words import did_you_mean, nearest_names


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
        description="Where the runs are: http(s)://…, postgresql://…, sqlite:///…; null: mlflow.db in the "
        "project folder. "
        "The environment variable MLFLOW_TRACKING_URI wins.",
    )
    artifacts: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9+.-]*://[^?@]+$",
        description="Where a database that no MLflow server stands before keeps files, such as "
        "s3://<bucket>/<folder>; null: mlartifacts/ in the project folder. An experiment keeps what it was "
        "created with.",
    )
    timeout: float = Field(
        default=5.0,
        gt=0,
        le=600,
        description="Seconds that a tracking server may take to answer at the start.",
    )
    patience: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="Seconds in all that a run waits for a place of runs that has stopped to answer, at its "
        "end above all. What is missing then is kept in mlpending/ and delivered by the next run.",
    )
    registry: RegistrySettings = Field(
        default=RegistrySettings(),
        description="Whether finished trainings are registered, and when a version becomes the champion.",
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
        return _in_force(TrackingSettings(), config_loader)
    try:
        settings = TrackingSettings.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(details, config_loader) for details in error.errors()]
        raise UserError("\n".join(problems)) from error
    return _in_force(settings, config_loader)


def _in_force(settings: TrackingSettings, config_loader: AbstractConfigLoader) -> TrackingSettings:
    """Return the settings as the environment says, and put what opens the store where MLflow looks."""
    if has_password(settings.tracking_uri or ""):
        raise UserError(_no_place_for_a_password(settings.tracking_uri or "", config_loader))
    uri = os.environ.get("MLFLOW_TRACKING_URI") or settings.tracking_uri or ""
    take_credentials(uri, settings.artifacts or "", config_loader)
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    return settings.model_copy(update={"experiment": name}) if name else settings


def _no_place_for_a_password(address: str, config_loader: AbstractConfigLoader) -> str:
    where = ["tracking_uri"]
    file = config_loader.origin("mlflow", where) if isinstance(config_loader, LayeredConfigLoader) else None
    return (
        f"{file or 'mlflow.yml'}: tracking_uri has a password in it, which records and messages might show.\n"
        f"Write {shown_address(address)} there, and in conf/local/credentials.yml, which git ignores, "
        "mlflow: with username: and password: below it; or for this shell alone set PGUSER and "
        "PGPASSWORD (of a server MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD)."
    )


def _shown(value: Any) -> str:
    return repr(shown_address(value) if isinstance(value, str) else value)


def _problem(details: Mapping[str, Any], config_loader: AbstractConfigLoader) -> str:
    """Say in one line which key of which file is wrong, what was found and what is allowed."""
    path = [part for part in details["loc"] if isinstance(part, str)]
    key = ".".join(path) or "its content"
    file = config_loader.origin("mlflow", path) if isinstance(config_loader, LayeredConfigLoader) else None
    where = file or "mlflow.yml"
    path = path or [key]
    group = RegistrySettings if path[0] == "registry" and len(path) > 1 else TrackingSettings
    allowed, last = group.model_fields, path[-1]
    if details["type"] == "extra_forbidden":
        guess = did_you_mean(nearest_names(last, allowed, cutoff=0.5))
        there = f" of {path[0]}" if group is RegistrySettings else ""
        return f"{where}: there is no key {key}{guess} The keys{there} are: {', '.join(allowed)}."
    meaning = f" It means: {allowed[last].description}" if last in allowed else ""
    return f"{where}: {key} is {_shown(details['input'])}: {details['msg']}.{meaning}"
