"""`kedro run --pipeline training`: every file is made, the run is recorded, and a seed decides every bit."""

import json
import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner, SequentialRunner, ThreadRunner

from image_classification.tracking import last_run

TWO_EPOCHS = {"modelling": {"training": {"epochs": 2, "batch_size": 32}}}


def run(project: Path, *, params: dict = TWO_EPOCHS, runner: AbstractRunner | None = None, **filters) -> None:
    """Run `training` as far as the metrics: its figures and documents take longer than all before them."""
    filters = {"pipeline_names": ["training"], "to_outputs": ["metrics"]} | filters
    with KedroSession.create(project, runtime_params=params) as session:
        session.run(runner=runner or SequentialRunner(), **filters)


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training of two epochs."""
    return Path(shutil.copytree(train_once(epochs=2), tmp_path / "project"))


@pytest.fixture
def trained(project: Path, tiny_mnist: Path) -> Path:
    """The folder of its data."""
    return project / "data"


def test_everything_a_run_promises_is_there(trained: Path) -> None:
    metrics = json.loads((trained / "08_reporting" / "metrics.json").read_text())
    assert metrics["data_name"] == "mnist"
    assert metrics["images"] == 50
    assert metrics["accuracy"] > 0.5  # the bright rows of the made up digits are easy
    history = pd.read_parquet(trained / "07_model_output" / "history.parquet")
    assert list(history["epoch"]) == [1, 2]
    predictions = pd.read_parquet(trained / "07_model_output" / "predictions.parquet")
    assert predictions["correct"].mean() == metrics["accuracy"]
    assert predictions["name"].str.startswith("test/").all()
    class_metrics = pd.read_parquet(trained / "08_reporting" / "class_metrics.parquet")
    assert class_metrics["images"].sum() == 50
    record = json.loads((trained / "07_model_output" / "training_record.json").read_text())
    assert record["parameters"]["training.epochs"] == "2"
    for document in ("report.html", "model_card.md"):
        assert "convnet on mnist" in (trained / "08_reporting" / document).read_text(encoding="utf-8")


def test_the_record_agrees_with_the_files(trained: Path, project: Path) -> None:
    run(project)
    recorded = last_run()
    assert recorded is not None
    assert recorded.status == "FINISHED"
    client = mlflow.MlflowClient(recorded.tracking_uri)
    record = client.get_run(recorded.run_id)
    metrics = json.loads((trained / "08_reporting" / "metrics.json").read_text())
    assert record.data.metrics["test/accuracy"] == metrics["accuracy"]
    assert record.data.params["training.epochs"] == "2"
    assert record.data.params["data.name"] == record.data.tags["data.name"] == "mnist"
    assert record.inputs.dataset_inputs[0].dataset.name == "mnist"
    history = pd.read_parquet(trained / "07_model_output" / "history.parquet")
    curve = client.get_metric_history(recorded.run_id, "validation/loss")
    assert {point.step: point.value for point in curve} == dict(
        zip(history["epoch"], history["validation/loss"], strict=True)
    )


def test_the_same_seed_gives_the_same_bytes(trained: Path, project: Path) -> None:
    network = trained / "06_models" / "trained_network.safetensors"
    first = network.read_bytes()
    network.unlink()
    run(project)
    assert network.read_bytes() == first
    run(project, params={"modelling": TWO_EPOCHS["modelling"] | {"seed": 43}})
    assert network.read_bytes() != first


@pytest.mark.slow
@pytest.mark.parametrize("node", ["build_network", "train_network", "evaluate_network"])
def test_modelling_starts_at_each_of_its_nodes(trained: Path, project: Path, node: str) -> None:
    metrics = trained / "08_reporting" / "metrics.json"
    before = metrics.read_bytes()
    metrics.unlink()
    run(project, from_nodes=[f"modelling.{node}"])
    assert metrics.read_bytes() == before


def test_modelling_runs_alone_under_the_thread_runner(trained: Path, project: Path) -> None:
    metrics = trained / "08_reporting" / "metrics.json"
    before = metrics.read_bytes()
    metrics.unlink()
    run(project, pipeline_names=["modelling"], runner=ThreadRunner())
    assert metrics.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_figures_of_the_kept_network_are_those_that_runs_are_ranked_by(
    trained: Path, project: Path, keep: str
) -> None:
    training = TWO_EPOCHS["modelling"]["training"] | {
        "keep": keep,
        "report_test_each_epoch": True,
        "epochs": 3,
    }
    run(project, params={"modelling": {"training": training}})

    recorded = last_run()
    assert recorded is not None
    client = mlflow.MlflowClient(recorded.tracking_uri)
    history = pd.read_parquet(trained / "07_model_output" / "history.parquet")
    kept = history[history["kept"]].iloc[0]
    (point,) = client.get_metric_history(recorded.run_id, "test/accuracy")
    assert point.value == client.get_run(recorded.run_id).data.metrics["test/accuracy"]
    assert point.value == pytest.approx(kept["test/accuracy"])
    curve = client.get_metric_history(recorded.run_id, "test_each_epoch/accuracy")
    assert {each.step: each.value for each in curve} == dict(
        zip(history["epoch"], history["test/accuracy"], strict=True)
    )
    weights = client.get_run(recorded.run_id).data.metrics
    assert weights["weights/epoch"] == kept["epoch"]
    assert weights["weights/validation_accuracy"] == pytest.approx(kept["validation/accuracy"])
