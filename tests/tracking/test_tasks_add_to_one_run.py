"""Where it is asked for, what a process makes of a trained network goes to the run that trained it."""

import logging
import shutil

import mlflow
import pytest
from kedro.framework.session import KedroSession
from tests.fixtures.project import enter

from image_classification.tracking import last_run
from image_classification.tracking.hook import ADD_TO_RUN

EXPERIMENT = "image-classification"


@pytest.fixture
def trained(train_once, tmp_path, monkeypatch):
    """A project in which a network was trained, and what it did on the test images is gone."""
    folder = tmp_path / "project"
    shutil.copytree(train_once(), folder)
    return enter(folder, monkeypatch)


def evaluate(project, **params):
    with KedroSession.create(project, runtime_params=params or None) as session:
        session.run(pipeline_names=["training"], node_names=["modelling.evaluate_network"])


def runs(project):
    client = mlflow.MlflowClient(f"sqlite:///{project}/mlflow.db")
    return client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])


def test_it_is_added(trained, monkeypatch):
    monkeypatch.setenv(ADD_TO_RUN, "true")
    (before,) = runs(trained)

    evaluate(trained, modelling={"evaluation": {"views": ["horizontal_flip"]}})

    (after,) = runs(trained)
    assert after.info.run_id == before.info.run_id == last_run().run_id
    assert after.data.metrics["test/log_loss"] != before.data.metrics["test/log_loss"]
    assert (after.info.status, after.info.end_time) == ("FINISHED", before.info.end_time)
    assert after.data.params == before.data.params


@pytest.mark.parametrize("value", [None, "", "false", "0"])
def test_it_is_not_without_being_asked(value, trained, monkeypatch):
    if value is not None:
        monkeypatch.setenv(ADD_TO_RUN, value)
    (before,) = runs(trained)

    evaluate(trained, modelling={"evaluation": {"views": ["horizontal_flip"]}})

    (after,) = runs(trained)
    assert after.data.metrics == before.data.metrics
    assert last_run() is None


def test_those_after_it_find_the_run_too(trained, monkeypatch):
    monkeypatch.setenv(ADD_TO_RUN, "true")
    evaluate(trained)  # what is made of the network is of its run, as is what is made of that
    names = ["reporting.plot_class_scores"]

    with KedroSession.create(trained) as session:
        session.run(pipeline_names=["training"], node_names=names)

    (run,) = runs(trained)
    client = mlflow.MlflowClient(f"sqlite:///{trained}/mlflow.db")
    files = {file.path: file for file in client.list_artifacts(run.info.run_id, "reporting")}
    assert "reporting/class_scores.json" in files
    assert last_run().run_id == run.info.run_id


def test_a_run_that_is_gone_stops_nothing(trained, monkeypatch, caplog):
    monkeypatch.setenv(ADD_TO_RUN, "true")
    (run,) = runs(trained)
    mlflow.MlflowClient(f"sqlite:///{trained}/mlflow.db").delete_run(run.info.run_id)

    with caplog.at_level(logging.WARNING, logger="image_classification"):
        evaluate(trained)

    assert f"the run {run.info.run_id}, whose results these nodes read, is gone" in caplog.text
    assert runs(trained) == []
