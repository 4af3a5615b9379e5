"""What was recorded is read as tables, and nothing is written in doing so."""

import os

import pandas as pd
import pytest
from mlflow import MlflowClient

from image_classification.errors import UserError
from image_classification.tracking.announcement import PLACE, announce_place, announced_place, withdraw_place
from image_classification.tracking.store.past_runs import RecordedRuns
from image_classification.tracking.store.settings import TrackingSettings


@pytest.fixture
def client(tmp_path, fresh_database, monkeypatch):
    """The store that nodes of this test find, with an experiment called `trials`."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    uri = f"sqlite:///{fresh_database}"
    client = MlflowClient(uri)
    client.create_experiment("trials", artifact_location=(tmp_path / "artifacts").as_uri())
    announce_place(TrackingSettings(experiment="trials", tracking_uri=uri), tmp_path)
    yield client
    withdraw_place()


def record(client, status="FINISHED", parameters=None, metrics=None):
    experiment = client.get_experiment_by_name("trials").experiment_id
    run_id = client.create_run(experiment).info.run_id
    for name, value in (parameters or {}).items():
        client.log_param(run_id, name, value)
    for name, values in (metrics or {}).items():
        for step, value in enumerate(values, start=1):
            client.log_metric(run_id, name, value, step=step)
    if status != "RUNNING":
        client.set_terminated(run_id, status)
    return run_id


def test_a_row_per_run_the_latest_first(client):
    first = record(client, parameters={"optimizer.lr": "0.1"}, metrics={"test/accuracy": [0.5]})
    second = record(client, parameters={"optimizer.name": "sgd"})

    table = RecordedRuns().table()

    assert table["run_id"].tolist() == [second, first]
    assert list(table.columns) == [
        "run_id", "name", "status", "started", "run_seconds",
        "parameter/optimizer.lr", "parameter/optimizer.name", "metric/test/accuracy",
    ]  # fmt: skip
    assert table["metric/test/accuracy"].tolist()[1] == 0.5
    assert pd.isna(table["parameter/optimizer.lr"][0])
    assert (table["run_seconds"] >= 0).all()


@pytest.mark.parametrize(
    ("statuses", "found"),
    [(["FINISHED"], 1), (["FAILED", "KILLED"], 2), (["RUNNING"], 1), ([], 4)],
)
def test_by_how_they_ended(client, statuses, found):
    for status in ("FINISHED", "FAILED", "KILLED", "RUNNING"):
        record(client, status)

    table = RecordedRuns().table(statuses=statuses)
    assert len(table) == found
    assert set(table["status"]) <= set(statuses or table["status"])


def test_folds_of_a_cross_validation_are_summed_up_in_their_parent(client):
    parent = record(client)
    for _ in range(3):
        child = record(client)
        client.set_tag(child, "mlflow.parentRunId", parent)
    other = record(client)

    assert RecordedRuns().table(limit=2)["run_id"].tolist() == [other, parent]
    of_parent = RecordedRuns().table(f"tags.mlflow.parentRunId = '{parent}'")
    assert len(of_parent) == 3


def test_by_a_filter(client):
    good = record(client, metrics={"test/accuracy": [0.9]})
    record(client, metrics={"test/accuracy": [0.5]})

    assert RecordedRuns().table("metrics.`test/accuracy` > 0.8")["run_id"].tolist() == [good]


def test_the_latest_few(client):
    record(client)
    latest = record(client)

    assert RecordedRuns().table(limit=1)["run_id"].tolist() == [latest]


def test_no_run_is_an_empty_table(client):
    assert RecordedRuns().table().empty


def test_a_filter_that_is_none(client):
    with pytest.raises(UserError, match=r"comparison.filter is 'network is good', which MLflow does not"):
        RecordedRuns().table("network is good")


def test_curves(client):
    first = record(client, metrics={"validation/loss": [3.0, 2.0], "seconds": [1.0]})
    second = record(client, metrics={"train/loss": [5.0]})
    runs = RecordedRuns()

    curves = runs.curves(runs.table(), ["train/loss", "validation/loss", "validation/accuracy"])

    assert curves.values.tolist() == [
        [second, "train/loss", 1, 5.0],
        [first, "validation/loss", 1, 3.0],
        [first, "validation/loss", 2, 2.0],
    ]


def test_predictions(client, tmp_path):
    run_id = record(client, "RUNNING")
    table = pd.DataFrame({"name": ["1.png"], "correct": [True]})
    table.to_parquet(tmp_path / "predictions.parquet")
    client.log_artifact(run_id, str(tmp_path / "predictions.parquet"), "model_output")

    assert RecordedRuns().predictions(run_id).equals(table)


def test_a_run_without_predictions(client):
    assert RecordedRuns().predictions(record(client)) is None


def test_another_experiment(client):
    client.create_experiment("others")

    assert RecordedRuns("others").table().empty


def test_an_experiment_that_does_not_exist(client):
    with pytest.raises(UserError, match=r"There is no experiment 'trails' .* did you mean trials"):
        RecordedRuns("trails")


def test_a_project_without_a_record(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="There are no runs to compare yet") as caught:
        RecordedRuns()
    assert "kedro run --pipeline training" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_outside_of_a_pipeline_the_current_folder_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert announced_place() == (TrackingSettings(), tmp_path)


def test_a_pipeline_leaves_nothing_in_the_environment(tracked_project):
    tracked_project.run("data")
    assert PLACE not in os.environ
    with pytest.raises(RuntimeError):
        tracked_project.run(then="raise")
    assert PLACE not in os.environ
