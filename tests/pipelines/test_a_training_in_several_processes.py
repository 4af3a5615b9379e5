"""`kedro run` with several processes: one run in MLflow, under each runner, and however the command ends."""

import json
import os
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import mlflow
import pandas as pd
import psutil
import pytest
from tests.learning.elastic.conftest import processes_of

RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
TWO = {"batch_size": 32, "distributed.processes_per_node": 2}
LONG = TWO | {"epochs": 20, "checkpoint.every_epochs": 1}


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training of two epochs in one process."""
    return Path(shutil.copytree(train_once(epochs=2), tmp_path / "project"))


def command(runner: str, training: dict) -> list[str]:
    params = ",".join(f"modelling.training.{name}={value}" for name, value in training.items())
    return ["kedro", "run", "--pipeline", "modelling", "--runner", runner, "--params", params]


@pytest.fixture
def started(project: Path, loaded_process, tmp_path: Path):
    """`started(line, runner, **training)`: start a training; return its number once it has printed this."""
    stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
    os.mkfifo(stdout)

    def start(line: str, runner: str, training: dict) -> int:
        process = loaded_process.start(project, command(runner, training), os.environ, stdout, stderr)
        reader = open_files.enter_context(stdout.open(encoding="utf-8"))
        assert any(line in each for each in reader), stderr.read_text()
        return process

    with ExitStack() as open_files:
        yield start


def record_of(project: Path) -> mlflow.entities.Run:
    """Return the run that began last."""
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (last,) = client.search_runs(["1"], order_by=["attributes.start_time DESC"], max_results=1)
    return last


@pytest.mark.slow
@pytest.mark.parametrize("runner", RUNNERS)
def test_is_one_run_under_each_runner(project: Path, run_command, runner: str) -> None:
    before = pd.read_parquet(project / "data/07_model_output/history.parquet")
    done = run_command(project, *command(runner, TWO | {"epochs": 2}))
    assert done.returncode == 0, done.stdout + done.stderr

    assert "Training in 2 processes on 1 machine." in done.stdout
    history = pd.read_parquet(project / "data/07_model_output/history.parquet")
    assert list(history["train/loss"]) == pytest.approx(list(before["train/loss"]), rel=0.02)
    record = record_of(project)
    assert record.info.status == "FINISHED"
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    assert len(client.search_runs(["1"])) == 2  # that, and the one before
    assert [each.step for each in client.get_metric_history(record.info.run_id, "train/loss")] == [1, 2]
    training_record = json.loads((project / "data/07_model_output/training_record.json").read_text())
    assert record.data.tags["weights_digest/0002"] == training_record["weights_digest"]
    assert record.data.params["training.distributed.processes_per_node"] == "2"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_it_and_another_number_of_processes_goes_on(
    project: Path, started, loaded_process, run_command, number: int
) -> None:
    process = started("Epoch  2/20", "SequentialRunner", LONG)
    theirs = processes_of(of=process)
    os.kill(process, number)

    assert loaded_process.wait(process) == 128 + number
    assert psutil.wait_procs(theirs, timeout=60)[1] == []
    killed = record_of(project)
    assert killed.info.status == "KILLED"
    again = LONG | {"resume": True, "distributed.processes_per_node": 3}
    done = run_command(project, *command("SequentialRunner", again))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Resumed in epoch" in done.stdout
    assert record_of(project).info.run_id == killed.info.run_id
    assert record_of(project).info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.parametrize("runner", RUNNERS)
def test_all_processes_end_with_a_command_that_is_killed(
    tmp_path: Path, monkeypatch, started, loaded_process, runner: str
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    process = started("Epoch  2/20", runner, LONG)
    assert len(processes_of(of=process)) == 3  # an agent and two processes
    theirs = psutil.Process(process).children(recursive=True)  # with the server that they are forked from
    os.kill(process, signal.SIGKILL)
    loaded_process.wait(process)

    assert psutil.wait_procs(theirs, timeout=60)[1] == []
    left = [each.name for each in (tmp_path / "temporary").iterdir()]
    assert [name for name in left if name.startswith("image-classification-")] == []


@pytest.mark.slow
def test_a_training_that_fails_too_often_is_failed(project: Path, started, loaded_process, tmp_path) -> None:
    process = started("Epoch  2/20", "SequentialRunner", LONG | {"distributed.max_restarts": 0})
    processes_of(1, of=process)[0].kill()

    assert loaded_process.wait(process) == 1
    said = (tmp_path / "stderr").read_text()
    assert "Error: The training in several processes ended early: process 1 was ended by SIGKILL" in said
    assert record_of(project).info.status == "FAILED"
