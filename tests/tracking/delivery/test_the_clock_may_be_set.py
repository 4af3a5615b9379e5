"""A clock that is set while a network learns changes nothing in the times of its record."""

import subprocess
import sys
import time

import pytest

from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.training import EpochMetrics

HOUR = 3600.0


@pytest.fixture
def set_clock(monkeypatch):
    """A function that sets the clock of this process by so many seconds."""
    real = time.time

    def changed(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return changed


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_an_hour_back_or_forth(client, run, set_clock, seconds):
    on_epoch = EpochMetrics(run)
    started = timestamp()
    on_epoch(1, {"train/loss": 1.0})
    set_clock(seconds)
    on_epoch(2, {"train/loss": 0.5})
    assert run.end("FINISHED") == "FINISHED"

    info = client.get_run(run.run_id).info
    times = [point.timestamp for point in client.get_metric_history(run.run_id, "train/loss")]
    assert started <= times[0] <= times[1] <= info.end_time < started + 60_000


def test_a_worker_that_starts_afterwards_has_the_same_time(set_clock):
    before = timestamp()
    set_clock(-HOUR)  # of this process; a new one reads the real clock, as this one did at the start
    program = "from image_classification.tracking.delivery.clock import timestamp; print(timestamp())"
    shifted = f"import time; real = time.time; time.time = lambda: real() - {HOUR}; {program}"
    there = int(subprocess.run([sys.executable, "-c", shifted], capture_output=True, check=True).stdout)
    assert before <= there <= timestamp()


def test_outside_of_a_run_it_is_the_time_of_the_wall(monkeypatch):
    monkeypatch.delenv("IMAGE_CLASSIFICATION_CLOCK")
    before = int(time.time() * 1000) - 1
    assert before <= timestamp() <= int(time.time() * 1000) + 1
