"""How busy the machine is belongs to the record, costs the run nothing, and ends with the run."""

import logging
import os
import threading
import time

import pytest
from mlflow import MlflowClient

from image_classification.tracking.run import TrackedRun
from image_classification.tracking.system_metrics import SAMPLING, SystemMetrics

NEVER = 3600.0


@pytest.fixture
def run(fresh_database):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    return TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)


def recorded(run):
    return {
        name: value
        for name, value in run.client.get_run(run.run_id).data.metrics.items()
        if name.startswith("system/")
    }


def test_even_a_short_run_has_it(run):
    SystemMetrics(run, interval=NEVER).stop()

    metrics = recorded(run)
    assert 0 <= metrics["system/cpu_utilization_percentage"] <= 100
    assert 0 < metrics["system/system_memory_usage_percentage"] <= 100
    assert run.client.get_metric_history(run.run_id, "system/cpu_utilization_percentage")[0].step == 1


def test_the_processors_are_measured_from_beginning_to_end(run):
    metrics = SystemMetrics(run, interval=NEVER)
    started = time.process_time()
    while time.process_time() - started < 0.5:
        sum(range(1000))
    metrics.stop()

    assert recorded(run)["system/cpu_utilization_percentage"] > 0


def test_a_long_run_has_it_again_and_again(run):
    twice = threading.Event()
    log_batch = run.client.log_batch

    def count(run_id, metrics):
        log_batch(run_id, metrics=metrics)
        if metrics[0].step == 2:
            twice.set()

    run.client.log_batch = count
    metrics = SystemMetrics(run, interval=0.01)
    assert twice.wait(timeout=60)
    metrics.stop()

    steps = [
        point.step for point in run.client.get_metric_history(run.run_id, "system/cpu_utilization_percentage")
    ]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 3


def test_nothing_goes_on_after_the_end(run):
    SystemMetrics(run, interval=0.01).stop()

    assert not [thread for thread in threading.enumerate() if thread.name == "system metrics"]


def test_a_store_that_fails_is_no_news(run, caplog):
    def fail(run_id, metrics):
        raise ConnectionError("the server is gone")

    run.client.log_batch = fail
    with caplog.at_level(logging.INFO):
        SystemMetrics(run, interval=NEVER).stop()
    assert caplog.records == []


def test_a_store_that_does_not_answer_is_not_waited_for(run):
    answer = threading.Event()
    run.client.log_batch = lambda run_id, metrics: answer.wait()
    metrics = SystemMetrics(run, interval=NEVER)
    metrics.stop(timeout=0.01)

    assert metrics._thread.is_alive()
    answer.set()
    metrics._thread.join(timeout=60)
    assert not metrics._thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_does_not_hang_on_a_sample_in_progress(run):
    begun = threading.Event()
    log_batch = run.client.log_batch

    def slow(run_id, metrics):
        begun.set()
        log_batch(run_id, metrics=metrics)

    run.client.log_batch = slow
    metrics = SystemMetrics(run, interval=0.01)
    begun.wait(timeout=60)
    for _ in range(5):
        child = os.fork()
        if child == 0:
            free = SAMPLING.acquire(timeout=60)
            os._exit(0 if free else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    metrics.stop()


def test_it_is_part_of_a_run(tracked_project):
    tracked_project.run()

    assert "system/cpu_utilization_percentage" in tracked_project.last_run().data.metrics


def test_it_can_be_left_out(tracked_project):
    tracked_project.configure("system_metrics_interval: null")
    tracked_project.run()

    assert not [name for name in tracked_project.last_run().data.metrics if name.startswith("system/")]
