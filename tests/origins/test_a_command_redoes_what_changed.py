"""`kedro run --only-missing-outputs` does so in the real project, however nodes are run."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

# as the project was trained
PARAMS = {"training.epochs": "2", "training.batch_size": "32", "optimizer.adam.lr": "0.01"}
RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
DATA = Path("data")


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training."""
    return Path(shutil.copytree(train_once(), tmp_path / "project"))


@pytest.fixture
def redo(project: Path, run_command):
    """Run the command; return what it printed in one line, and the files that it wrote."""

    def state() -> dict[Path, int]:
        files = (path for path in DATA.rglob("*") if path.is_file() and path.parent.name[0] != ".")
        return {path.relative_to(DATA): path.stat().st_mtime_ns for path in files}

    def run(runner: str, **changes: str) -> tuple[str, set[str]]:
        before = state()
        params = ",".join(f"modelling.{name}={value}" for name, value in (PARAMS | changes).items())
        command = ["run", "--pipeline", "modelling", "--only-missing-outputs", "--runner", runner]
        done = run_command(project, "kedro", *command, "--params", params, COLUMNS="10000")
        assert done.returncode == 0, done.stdout + done.stderr
        written = {path.parts[0] for path, time in state().items() if before.get(path) != time}
        return " ".join((done.stdout + done.stderr).split()), written

    return run


@pytest.mark.slow
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_changed_rate_trains_again_and_prepares_nothing(project: Path, redo, runner: str) -> None:
    text, written = redo(runner)
    assert "Nothing was run" in text
    assert written == set()

    text, written = redo(runner, **{"optimizer.adam.lr": "0.02"})
    assert "(optimizer.lr is 0.02, was 0.01)" in text
    assert written == {"06_models", "07_model_output", "08_reporting"}
    history = pd.read_parquet(DATA / "07_model_output" / "history.parquet")
    assert history["learning_rate"][0] == pytest.approx(0.02 / 25)  # the first of one cycle

    text, written = redo(runner, **{"optimizer.adam.lr": "0.02"})
    assert "Nothing was run" in text
    assert written == set()
