"""A run that raises is FAILED, and its record says why."""

import pytest
from kedro.runner import ParallelRunner, SequentialRunner

from image_classification.errors import UserError


def traceback_of(project, run):
    return (project.path / "mlartifacts" / run.info.run_id / "artifacts" / "traceback.txt").read_text()


@pytest.mark.parametrize("runner", [SequentialRunner, ParallelRunner])
def test_with_its_traceback(tracked_project, runner):
    with pytest.raises(RuntimeError, match="not a number"):
        tracked_project.run(runner=runner(), then="raise")

    run = tracked_project.last_run()
    assert run.info.status == tracked_project.last_info().status == "FAILED"
    assert run.data.tags["error"] == "RuntimeError: the loss is not a number"
    text = traceback_of(tracked_project, run)
    assert 'raise RuntimeError("the loss is not a number' in text
    assert "nodes.py" in text
    assert run.data.tags["ended_in"] == "in epoch 2 of 3"
    assert run.data.tags["mlflow.note.content"].startswith(
        "**Failed in epoch 2 of 3:** RuntimeError: the loss is not a number. `feed_forward`, trained"
    )
    assert run.data.metrics["train/loss"] == 1.0  # what was measured until then is kept


def test_a_mistake_of_the_person_is_a_failure_too(tracked_project, caplog):
    with pytest.raises(UserError):
        tracked_project.run(then="raise user error")

    run = tracked_project.last_run()
    assert run.info.status == "FAILED"
    assert run.data.tags["error"].startswith("UserError: modelling.training.device is 'cuda'")
    assert "could not be recorded" not in caplog.text  # what is wrong is said once, by the training


def test_a_run_that_a_notebook_interrupted_is_killed_by_the_next_one(tracked_project):
    with pytest.raises(SystemExit):
        tracked_project.run(then="exit")
    assert tracked_project.last_run().info.status == "RUNNING"

    tracked_project.run()

    assert sorted(run.info.status for run in tracked_project.runs()) == ["FINISHED", "KILLED"]
