"""What is found in MLflow after a run that went well."""

import json
import os
import re

import pytest
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from image_classification.learning.device import choose_device
from image_classification.tracking import RunInfo


def files_of(project, run_id):
    folder = project.path / "mlartifacts" / run_id / "artifacts"
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner, ParallelRunner])
def test_under_every_runner(tracked_project, runner):
    tracked_project.run(runner=runner())

    run = tracked_project.last_run()
    client, run_id = tracked_project.client, run.info.run_id
    assert run.info.status == "FINISHED"
    assert run.data.params["optimizer.lr"] == "0.003"
    assert run.data.params["data.name"] == run.data.tags["data.name"] == "digits"
    assert run.data.tags["runner"] == runner.__name__
    assert run.data.tags["device"].startswith(choose_device("auto").type)
    losses = client.get_metric_history(run_id, "train/loss")
    assert [(metric.step, metric.value) for metric in losses] == [
        (1, 1.0),
        (2, 0.5),
        (3, pytest.approx(1 / 3)),
    ]
    assert run.data.metrics["test/accuracy"] == 0.75
    assert files_of(tracked_project, run_id) == {
        "model_output/history.json",
        "network/trained_network.safetensors",
        "reporting/metrics.json",
        "reporting/report.json",
    }
    (model,) = run.outputs.model_outputs
    assert client.get_logged_model(model.model_id).status == "READY"


def test_metrics_belong_to_model_and_dataset(tracked_project):
    tracked_project.run()

    run = tracked_project.last_run()
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.name == "digits"
    assert dataset.dataset.digest == ("0123456789abcdef" * 4)[:36]
    assert json.loads(dataset.dataset.profile)["counts"]["train"] == {"zero": 10, "one": 12, "two": 8}
    assert [(tag.key, tag.value) for tag in dataset.tags] == [("mlflow.data.context", "training")]
    model = tracked_project.client.get_logged_model(run.outputs.model_outputs[0].model_id)
    metrics = {metric.key: metric for metric in model.metrics}
    assert {name for name in metrics if name.startswith("test/")} == {
        "test/accuracy",
        "test/loss",
        "test/images",
    }
    assert metrics["test/accuracy"].dataset_digest == dataset.dataset.digest
    assert model.source_run_id == run.info.run_id
    assert model.params["optimizer.lr"] == "0.003"


def test_the_data_is_described(tracked_project):
    tracked_project.run()

    params = tracked_project.last_run().data.params
    assert {name: value for name, value in params.items() if name.startswith("data.")} == {
        "data.name": "digits",
        "data.classes": "3",
        "data.image_shape": "[1, 8, 8]",
        "data.resize": "stretch",
        "data.interpolation": "bilinear",
        "data.index_digest": "0123456789abcdef" * 4,
        "data.train_images": "30",
        "data.validation_images": "10",
        "data.test_images": "15",
    }


def test_the_run_is_named_after_network_data_and_time(tracked_project):
    tracked_project.run()

    info = tracked_project.last_info()
    assert re.fullmatch(r"feed_forward-digits-\d{8}-\d{6}", info.run_name)
    assert info == RunInfo(
        run_id=tracked_project.last_run().info.run_id,
        run_name=tracked_project.last_run().info.run_name,
        experiment="image-classification",
        tracking_uri=tracked_project.tracking_uri,
        status="FINISHED",
    )


def test_a_network_that_the_pipeline_did_not_build_is_described_by_itself(tracked_project):
    tracked_project.run("data")
    tracked_project.run("unbuilt")

    run = tracked_project.last_run()
    network = {name: value for name, value in run.data.params.items() if name.startswith("network.")}
    assert network == {"network.name": "convnet", "network.widths": "[4]", "network.dropout": "0.25"}
    assert run.info.run_name.startswith("convnet-digits-")


def test_files_that_an_earlier_run_left_are_not_taken_for_its_own(tracked_project):
    tracked_project.run()
    (tracked_project.path / "data/06_models/trained_network.safetensors").unlink()

    tracked_project.run(only_missing_outputs=True)

    run = tracked_project.last_run()
    assert files_of(tracked_project, run.info.run_id) == {
        "model_output/history.json",
        "network/trained_network.safetensors",
    }
    assert not any(name.startswith("test/") for name in run.data.metrics)
    assert len(run.outputs.model_outputs) == 1


def test_the_environment_is_left_as_it_was(tracked_project):
    before = dict(os.environ)

    tracked_project.run()

    assert dict(os.environ) == before
