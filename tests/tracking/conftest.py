"""A whole, tiny Kedro project whose runs are tracked."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import AbstractRunner
from kedro.utils import find_kedro_project
from mlflow import MlflowClient
from mlflow.entities import Run
from tests.programs import running

from image_classification.tracking import RunInfo, announcement, last_run

PACKAGE = "tracked_project"


@dataclass
class TrackedProject:
    """A copy of the project beside this file, in a folder of its own."""

    path: Path

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.path / 'mlflow.db'}"

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.tracking_uri)

    def configure(self, text: str, environment: str = "local") -> None:
        """Write `text` to the mlflow.yml of an environment."""
        folder = self.path / "conf" / environment
        folder.mkdir(exist_ok=True)
        (folder / "mlflow.yml").write_text(text)

    def run(
        self,
        pipeline: str = "__default__",
        runner: AbstractRunner | None = None,
        env: str | None = None,
        then: str = "go on",
        params: dict[str, Any] | None = None,
        only_missing_outputs: bool = False,
    ) -> None:
        """Run a pipeline as `kedro run` does."""
        runtime_params = {"then": then, **(params or {})}
        with KedroSession.create(self.path, env=env, runtime_params=runtime_params) as session:
            session.run(pipeline_names=[pipeline], runner=runner, only_missing_outputs=only_missing_outputs)

    def last_run(self) -> Run:
        """The record of the run that this process opened last."""
        info = last_run()
        assert info is not None
        return self.client.get_run(info.run_id)

    def last_info(self) -> RunInfo | None:
        return last_run()

    def runs(self, experiment: str = "image-classification") -> list[Run]:
        """All runs of an experiment."""
        found = self.client.get_experiment_by_name(experiment)
        return list(self.client.search_runs([found.experiment_id])) if found else []


DESCRIBE = "from image_classification.processes.identity import this_process; print(dict(this_process()))"


@pytest.fixture(scope="session")
def killed() -> dict[str, str]:
    """The description of a process that was killed."""
    command = [sys.executable, "-c", f"{DESCRIBE}; import sys; sys.stdout.flush(); sys.stdin.read()"]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        description: dict[str, str] = ast.literal_eval(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    return description


@pytest.fixture
def fresh_database(tmp_path: Path, empty_database: Path) -> Path:
    """An empty MLflow database for one test."""
    return Path(shutil.copy(empty_database, tmp_path / "fresh.db"))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a store does not take is kept in the test's folder, not in that of the project."""
    this_project = Path(__file__).parents[2]

    def found(path: Path) -> Path | None:
        project = find_kedro_project(path)
        return tmp_path if project == this_project else project

    monkeypatch.setattr(announcement, "find_kedro_project", found)


@pytest.fixture
def tracked_project(
    tmp_path: Path, empty_database: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrackedProject]:
    """The project, with an empty database and without the environment of the one who runs the tests."""
    path = tmp_path / "a project"  # with a space: paths become addresses
    shutil.copytree(Path(__file__).parent / "project", path, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(empty_database, path / "mlflow.db")
    # Kedro adds the project's code to both
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    bootstrap_project(path)
    yield TrackedProject(path)
    sys.path[:] = [entry for entry in sys.path if entry != str(path / "src")]
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]  # the next project has a copy of its own
    configure_project("image_classification")  # what asks for the pipelines later would look for that code
