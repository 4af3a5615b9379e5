"""The settings of tracking, as the configuration files `mlflow*.yml` have them."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kedro.config import AbstractConfigLoader, MissingConfigException
from pydantic import Field, ValidationError

from image_classification.errors import UserError
from image_classification.parameters.base import Section


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
        description="The MLflow experiment that collects the runs.",
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


def load_settings(config_loader: AbstractConfigLoader) -> TrackingSettings:
    """Read the settings of all environments in force, merged; without any file they are the defaults.

    Raises:
        UserError: a key or a value is not allowed; the message names the file.
    """
    try:
        raw = config_loader["mlflow"]
    except (KeyError, MissingConfigException):
        return TrackingSettings()
    try:
        return TrackingSettings.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(details, config_loader) for details in error.errors()]
        raise UserError("\n".join(problems)) from error


def _problem(details: Mapping[str, Any], config_loader: AbstractConfigLoader) -> str:
    """Say in one line which key of which file is wrong, what was found and what is allowed."""
    key = ".".join(str(part) for part in details["loc"])
    file = _file_with(key, config_loader)
    allowed = list(TrackingSettings.model_fields)
    if details["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(key, allowed, n=1, cutoff=0.5)
        hint = f"did you mean '{nearest[0]}'? " if nearest else ""
        return f"{file}: unknown key '{key}'; {hint}Allowed are: {', '.join(allowed)}."
    description = TrackingSettings.model_fields[key].description if key in allowed else None
    meaning = f" ({description})" if description else ""
    return f"{file}: {key} is {details['input']!r}: {details['msg']}{meaning}"


def _file_with(key: str, config_loader: AbstractConfigLoader) -> str:
    """Return the file that sets `key`, the one of the strongest environment first."""
    folder = Path(str(config_loader.conf_source))
    base = getattr(config_loader, "base_env", "") or "base"
    environments = [config_loader.env, getattr(config_loader, "default_run_env", None), "local", base]
    for environment in filter(None, environments):
        for file in sorted((folder / environment).glob("mlflow*")):
            content = (
                yaml.safe_load(file.read_text(encoding="utf-8")) if file.suffix in {".yml", ".yaml"} else {}
            )
            if isinstance(content, dict) and key in content:
                return f"{folder.name}/{file.relative_to(folder).as_posix()}"
    return "mlflow.yml"
