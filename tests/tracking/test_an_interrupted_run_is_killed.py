"""A run that is ended from outside says so, whatever ends it and wherever its nodes run."""

import os
import signal
import subprocess
import sys

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


def start(project, then, runner="SequentialRunner"):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project.path), then, runner],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_it_trains(process):
    for line in process.stdout:
        if line.startswith("epoch 1 is over"):
            return
    raise AssertionError(process.stderr.read())


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
def test_by_a_signal(tracked_project, number, runner, code):
    process = start(tracked_project, "wait", runner)
    try:
        wait_until_it_trains(process)
        os.kill(process.pid, number)
        assert process.wait(timeout=60) == code
    finally:
        process.kill()

    (run,) = tracked_project.runs()
    assert run.info.status == "KILLED"
    assert run.info.end_time is not None
    assert run.data.metrics["train/loss"] == 1.0
    assert run.data.tags["killed_by"].split()[0] == number.name
    assert run.data.tags["ended_in"] == "in epoch 2 of 3"
    assert run.data.tags["mlflow.note.content"].startswith(f"**Killed in epoch 2 of 3:** {number.name}")
    assert run.data.metrics["system/system_memory_usage_megabytes"] > 0


@pytest.mark.slow
def test_by_an_exit_from_inside(tracked_project):
    assert start(tracked_project, "exit").wait(timeout=60) == 3

    (run,) = tracked_project.runs()
    assert run.info.status == "KILLED"
    assert run.data.tags["killed_by"] == "the process ended before its work did"
