"""Without a network and without a word about mirrors, the parallel runner trains on the bundled digits."""

import json
from pathlib import Path

import mlflow
import pytest

pytestmark = pytest.mark.slow

# every request is refused at once, as on a machine without a network
NO_NETWORK = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}


def test_the_run_says_so_everywhere(project_folder: Path, run_command) -> None:
    arguments = ["--runner", "ParallelRunner", "--params", "modelling.training.epochs=1"]
    done = run_command(project_folder, "kedro", "run", "--pipeline", "training", *arguments, **NO_NETWORK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this is not MNIST" in done.stdout
    assert "MNIST_MIRROR" in done.stdout

    metrics = json.loads((project_folder / "data/08_reporting/metrics.json").read_text())
    assert metrics["data_name"] == "digits"
    assert metrics["images"] == 297

    client = mlflow.MlflowClient(f"sqlite:///{project_folder}/mlflow.db")
    experiment = client.get_experiment_by_name("image-classification")
    (record,) = client.search_runs([experiment.experiment_id])
    assert record.info.status == "FINISHED"
    assert record.data.params["data.name"] == record.data.tags["data.name"] == "digits"
    assert record.inputs.dataset_inputs[0].dataset.name == "digits"
    assert "train/loss" in record.data.metrics
    (model,) = client.search_logged_models([experiment.experiment_id])
    assert model.tags["data.name"] == "digits"


def test_an_error_where_only_mnist_will_do(project_folder: Path, run_command) -> None:
    arguments = ["--pipeline", "training", "--params", "mnist.offline_fallback=none"]
    done = run_command(project_folder, "kedro", "run", *arguments, **NO_NETWORK)
    assert done.returncode == 1
    first_line, *rest = done.stderr.splitlines()
    assert first_line.startswith("Error: MNIST cannot be downloaded")
    assert sum("https://" in line for line in rest) == 2  # each mirror with its reason
