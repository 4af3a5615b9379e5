"""How a node finds the runs: through the environment, which threads and processes of every runner inherit."""

import json
import os
from pathlib import Path

from kedro.utils import find_kedro_project

from image_classification.tracking.settings import TrackingSettings

PLACE = "IMAGE_CLASSIFICATION_TRACKING"


def announce_place(settings: TrackingSettings, project_path: Path) -> None:
    """Let every node of the pipeline that begins know where runs are recorded."""
    os.environ[PLACE] = json.dumps([settings.model_dump(), str(project_path)])


def withdraw_place() -> None:
    """Forget it: the pipeline is over."""
    os.environ.pop(PLACE, None)


def announced_place() -> tuple[TrackingSettings, Path]:
    """Return the settings of tracking and the project's folder.

    Outside of a pipeline, as in a notebook or a script, these are the defaults and the project that the
    current folder belongs to.
    """
    announced = os.environ.get(PLACE)
    if announced is None:
        return TrackingSettings(), find_kedro_project(Path.cwd()) or Path.cwd()
    settings, project_path = json.loads(announced)
    return TrackingSettings.model_validate(settings), Path(project_path)
