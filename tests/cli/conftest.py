"""A small project with the real command line, and a way to run it in a process of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """The folder of a project whose pipelines take no time."""
    folder = tmp_path / "small"
    shutil.copytree(Path(__file__).parent / "project", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).parents[2] / "conf" / "logging.yml", folder / "conf")
    return folder


@pytest.fixture
def kedro_run(small_project: Path, run_command: Run) -> Run:
    """Run `kedro run <arguments>` in the small project."""

    def run(
        *arguments: str, folder: Path = small_project, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return run_command(folder, "kedro", "run", *arguments, **variables)

    return run


@pytest.fixture
def metrics(small_project: Path) -> Callable[[], dict[str, Any]]:
    """Read what the last run of the small project wrote."""
    return lambda: json.loads((small_project / "data" / "metrics.json").read_text())
