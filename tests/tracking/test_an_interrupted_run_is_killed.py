"""A run that is ended from outside says so, whatever ends it and wherever its nodes run."""

import os
import signal
from contextlib import ExitStack

import pytest

PROGRAM = """
import signal, sys
# as in a terminal, also where whoever runs the tests ignores them, as nohup and a shell's background do
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from kedro import runner
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

path, then, runner_name = sys.argv[1:]
bootstrap_project(path)
with KedroSession.create(path, runtime_params={"then": then}) as session:
    session.run(runner=getattr(runner, runner_name)())
"""


@pytest.fixture
def start(tracked_project, loaded_process, tmp_path):
    """Run the program to the end of its first epoch, and return the id of its process."""
    (tmp_path / "program.py").write_text(PROGRAM)
    stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
    os.mkfifo(stdout)

    def started(then, runner="SequentialRunner"):
        arguments = ["program", str(tracked_project.path), then, runner]
        number = loaded_process.start(tmp_path, arguments, os.environ, stdout, stderr)
        # kept open: to write to a pipe that nobody reads would end the run in another way
        reader = open_files.enter_context(stdout.open(encoding="utf-8"))
        assert any(line.startswith("epoch 1 is over") for line in reader), stderr.read_text()
        return number

    with ExitStack() as open_files:
        yield started


@pytest.mark.parametrize(
    ("number", "runner", "code"),
    [
        (signal.SIGINT, "SequentialRunner", -signal.SIGINT),
        pytest.param(signal.SIGTERM, "SequentialRunner", 128 + signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, "SequentialRunner", 128 + signal.SIGHUP, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, "ThreadRunner", -signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, "ParallelRunner", -signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_by_a_signal(tracked_project, start, loaded_process, number, runner, code):
    process = start("wait", runner)
    os.kill(process, number)
    assert loaded_process.wait(process) == code

    (run,) = tracked_project.runs()
    assert run.info.status == "KILLED"
    assert run.info.end_time is not None
    assert run.data.metrics["train/loss"] == 1.0
    assert run.data.tags["killed_by"].split()[0] == number.name
    assert run.data.tags["ended_in"] == "in epoch 2 of 3"
    assert run.data.tags["mlflow.note.content"].startswith(f"**Killed in epoch 2 of 3:** {number.name}")
    assert run.data.metrics["system/system_memory_usage_megabytes"] > 0


@pytest.mark.slow
def test_by_an_exit_from_inside(tracked_project, start, loaded_process):
    assert loaded_process.wait(start("exit")) == 3

    (run,) = tracked_project.runs()
    assert run.info.status == "KILLED"
    assert run.data.tags["killed_by"] == "the process ended before its work did"
