"""A run whose process was killed is closed by the next one of this machine; no other is touched."""

import logging

import pytest
from mlflow import MlflowClient

from image_classification.processes.identity import HOST, NUMBER, this_process
from image_classification.tracking.delivery.journal import FOLDER
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.run import PARENT_RUN, TrackedRun
from image_classification.tracking.training import EpochMetrics


@pytest.fixture
def client(fresh_database):
    return MlflowClient(f"sqlite:///{fresh_database}")


@pytest.fixture
def settle(client, tmp_path):
    """Do what the next run does as it opens."""

    def settled():
        run = TrackedRun(client.create_run("0", tags=this_process()).info.run_id, client.tracking_uri)
        settle_earlier_runs(run, tmp_path / FOLDER)

    return settled


def status(client, run):
    return client.get_run(run.info.run_id).info.status


def test_with_what_is_known_of_its_end(client, settle, killed, caplog):
    left = client.create_run("0", start_time=1_000, tags=killed, run_name="convnet-mnist")
    EpochMetrics(TrackedRun(left.info.run_id, client.tracking_uri))(1, {"train/loss": 0.5})
    with caplog.at_level(logging.INFO):
        settle()

    record = client.get_run(left.info.run_id)
    assert record.info.status == "KILLED"
    (last,) = client.get_metric_history(left.info.run_id, "train/loss")
    assert record.info.end_time == last.timestamp  # not the time of its discovery
    assert record.data.tags["killed_by"].startswith("its process ended without a word")
    assert record.data.tags["ended_in"] == "in epoch 2"
    (line,) = [each.getMessage() for each in caplog.records]
    assert line.startswith("Closed as KILLED")
    assert "convnet-mnist" in line


def test_one_that_recorded_nothing_ends_at_its_start(client, settle, killed):
    left = client.create_run("0", start_time=1_000, tags=killed)
    settle()
    assert client.get_run(left.info.run_id).info.end_time == 1_000


def test_runs_within_it_too(client, settle, killed):
    parent = client.create_run("0", tags=killed)
    child = client.create_run("0", tags=killed | {PARENT_RUN: parent.info.run_id})
    settle()
    assert (status(client, parent), status(client, child)) == ("KILLED", "KILLED")


def test_in_another_experiment_too(client, settle, killed):
    left = client.create_run(client.create_experiment("another"), tags=killed)
    settle()
    assert status(client, left) == "KILLED"


def test_others_are_left_alone(client, settle, killed):
    others = [
        client.create_run("0"),  # of another tool
        client.create_run("0", tags={NUMBER: killed[NUMBER]}),
        client.create_run("0", tags=this_process()),
        client.create_run("0", tags=killed | {HOST: "elsewhere"}),
    ]
    finished = client.create_run("0", tags=killed)
    client.set_terminated(finished.info.run_id, "FINISHED")
    settle()
    assert {status(client, run) for run in others} == {"RUNNING"}
    assert status(client, finished) == "FINISHED"


def test_among_thousands_only_those_that_matter_are_read(client, settle, killed, monkeypatch):
    for _ in range(8):
        client.set_terminated(client.create_run("0", tags=killed).info.run_id)
        client.create_run("0", tags=killed | {HOST: "elsewhere"})
    left = client.create_run("0", tags=killed)
    read = []
    search = MlflowClient.search_runs

    def counted(*arguments, **options):
        found = search(*arguments, **options)
        read.extend(found)
        return found

    monkeypatch.setattr(MlflowClient, "search_runs", counted)
    settle()
    assert status(client, left) == "KILLED"
    assert len(read) == 2  # this one and the one that has just been opened
