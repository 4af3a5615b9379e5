"""MLFLOW_EXPERIMENT_NAME, MLFLOW_EXPERIMENT_ID and MLFLOW_RUN_ID count here as they do for MLflow itself."""

import os

import pytest
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from image_classification.errors import UserError
from image_classification.tracking import last_run


def created(project, **options):
    """A run that somebody else has created, in an experiment of its own."""
    client = project.client
    return client.create_run(client.create_experiment("nightly"), **options)


def test_the_experiment_of_the_environment_wins(tracked_project, monkeypatch):
    tracked_project.configure("experiment: mine")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "the night shift")

    tracked_project.run()

    assert len(tracked_project.runs("the night shift")) == 1
    assert tracked_project.runs("mine") == []
    assert last_run().experiment == "the night shift"


def test_an_experiment_may_be_given_by_its_number(tracked_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", tracked_project.client.create_experiment("nightly"))

    tracked_project.run()

    assert len(tracked_project.runs("nightly")) == 1
    assert last_run().experiment == "nightly"


def test_a_number_that_no_experiment_has_is_an_error_before_any_work(tracked_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "987")

    with pytest.raises(UserError, match=r"No run can be recorded at .*987"):
        tracked_project.run()

    assert not (tracked_project.path / "data").exists()


@pytest.mark.parametrize(
    "runner",
    [
        SequentialRunner,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (ThreadRunner, ParallelRunner)),
    ],
)
def test_a_run_that_exists_is_filled(tracked_project, monkeypatch, runner):
    theirs = created(tracked_project, run_name="night 7", tags={"team": "vision"})
    monkeypatch.setenv("MLFLOW_RUN_ID", theirs.info.run_id)

    tracked_project.run(runner=runner())

    assert tracked_project.runs() == []
    (run,) = tracked_project.runs("nightly")
    assert run.info.run_id == last_run().run_id == theirs.info.run_id
    assert run.info.run_name == last_run().run_name == "night 7"
    assert run.info.status == "FINISHED"
    assert run.data.tags["team"] == "vision"
    assert run.data.tags["pipeline"] == "__default__"
    assert run.data.params["training.epochs"] == "3"
    assert "train/loss" in run.data.metrics


def test_it_is_filled_once(tracked_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", created(tracked_project).info.run_id)

    tracked_project.run()
    tracked_project.run()

    assert "MLFLOW_RUN_ID" not in os.environ
    assert len(tracked_project.runs("nightly")) == len(tracked_project.runs()) == 1


def test_a_failure_is_recorded_in_it(tracked_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", created(tracked_project).info.run_id)

    with pytest.raises(RuntimeError):
        tracked_project.run(then="raise")

    (run,) = tracked_project.runs("nightly")
    assert run.info.status == "FAILED"
    assert run.data.tags["error"] == "RuntimeError: the loss is not a number"


def test_a_run_that_is_not_there_is_an_error_before_any_work(tracked_project, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0123456789abcdef")

    with pytest.raises(
        UserError, match=r"MLFLOW_RUN_ID names the run 0123456789abcdef, which is not at sqlite"
    ):
        tracked_project.run()

    assert not (tracked_project.path / "data").exists()


def test_nor_is_a_deleted_one_filled(tracked_project, monkeypatch):
    theirs = created(tracked_project).info.run_id
    tracked_project.client.delete_run(theirs)
    monkeypatch.setenv("MLFLOW_RUN_ID", theirs)

    with pytest.raises(UserError, match=r"which is deleted at"):
        tracked_project.run()


def test_nor_one_that_holds_a_training_already(tracked_project, monkeypatch):
    theirs = created(tracked_project).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", theirs)
    tracked_project.run()
    before = tracked_project.client.get_run(theirs).to_dictionary()

    monkeypatch.setenv("MLFLOW_RUN_ID", theirs)
    with pytest.raises(UserError, match="which holds a training already"):
        tracked_project.run()

    assert tracked_project.client.get_run(theirs).to_dictionary() == before


def test_nor_one_with_other_parameters(tracked_project, monkeypatch):
    theirs = created(tracked_project).info.run_id
    tracked_project.client.log_param(theirs, "training.epochs", "77")
    monkeypatch.setenv("MLFLOW_RUN_ID", theirs)

    with pytest.raises(UserError, match=r"has another training\.epochs \(77 instead of 3\)"):
        tracked_project.run()

    assert not (tracked_project.path / "data").exists()
