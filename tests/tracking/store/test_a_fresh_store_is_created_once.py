"""Several first runs may start at the same moment."""

import subprocess
import sys
from contextlib import ExitStack

import pytest
from mlflow import MlflowClient
from tests.programs import running

PROGRAM = """
import sys
from pathlib import Path
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.store.opening import open_experiment

settings = TrackingSettings()
store = locate_store(settings, Path(sys.argv[1]), {})
print("ready", flush=True)
sys.stdin.readline()
client, experiment_id = open_experiment(store, settings)
print(client.create_run(experiment_id).info.run_id)
"""


@pytest.mark.slow
def test_by_processes_that_start_together(tmp_path):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running([sys.executable, "-c", PROGRAM, tmp_path], **pipes)) for _ in range(3)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        created = []
        for process in processes:
            output, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
            assert errors == ""  # MLflow has nothing to say about its tables
            created.append(output.strip())

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.get_experiment_by_name("image-classification")
    assert experiment.artifact_location == (tmp_path / "mlartifacts").as_uri()
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.info.run_id for run in runs) == sorted(created)
