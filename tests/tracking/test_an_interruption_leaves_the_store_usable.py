"""Ctrl-C may come in the middle of writing to the store; the end of the run is recorded all the same."""

import signal
import sqlite3

import pytest
from mlflow import MlflowClient

from image_classification.tracking.announcement import RunEnvironment
from image_classification.tracking.delivery.lane import Lane
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.training import EpochMetrics


class Interruption(BaseException):
    """What the signal of this test raises."""


@pytest.fixture
def interrupt_after():
    """A function that has the main thread interrupted after some seconds."""

    def interrupt(number, frame):
        raise Interruption

    previous = signal.signal(signal.SIGALRM, interrupt)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def calm_environment():
    """The environment of an open run."""
    environment = RunEnvironment()
    environment.calm()
    yield
    environment.restore()


def test_whenever_it_comes(fresh_database, interrupt_after, calm_environment):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    for attempt in range(30):
        run = TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)
        on_epoch = EpochMetrics(run)
        with pytest.raises(Interruption):
            interrupt_after(0.001 + 0.0007 * attempt)
            epoch = 0
            while True:
                epoch += 1
                on_epoch(epoch, {f"train/metric_{number}": 1.0 for number in range(6)})

        assert run.end("KILLED") == "KILLED"
        with sqlite3.connect(fresh_database, timeout=5) as other_process:
            other_process.execute("BEGIN IMMEDIATE")


def test_errors_come_through():
    with pytest.raises(ZeroDivisionError):
        Lane().do(lambda: 1 / 0, patience=60, is_alive=lambda seconds: True)


def test_results_come_through():
    assert Lane().do(lambda: "done", patience=60, is_alive=lambda seconds: True) == "done"
