"""Only a training is an experiment; everything else pays nothing for tracking."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from image_classification.tracking import last_run

bootstrap_project(sys.argv[1])
with KedroSession.create(sys.argv[1]) as session:
    session.run(pipeline_names=["data"])
assert last_run() is None
assert "mlflow" not in sys.modules, "MLflow was imported"
"""


@pytest.mark.slow
def test_not_even_mlflow_is_imported(tracked_project):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tracked_project.path], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert tracked_project.runs() == []


def test_no_command_of_kedro_waits_for_mlflow_or_torch():
    program = "import sys, image_classification.settings; print({'mlflow', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_the_last_run_is_forgotten(tracked_project):
    tracked_project.run()
    tracked_project.run("data")

    assert tracked_project.last_info() is None
    assert len(tracked_project.runs()) == 1


def test_nothing_is_missing(tracked_project):
    tracked_project.run()
    (tracked_project.path / "data/08_reporting/report.json").unlink()

    tracked_project.run(only_missing_outputs=True)

    assert len(tracked_project.runs()) == 1


def test_tracking_is_switched_off(tracked_project):
    tracked_project.configure("enabled: false")

    tracked_project.run()

    assert tracked_project.runs() == []
    assert (tracked_project.path / "data/08_reporting/report.json").exists()
