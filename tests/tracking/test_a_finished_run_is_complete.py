"""What is found in MLflow after a run that went well."""

import json
import math

import pytest
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner, ParallelRunner])
def test_under_every_runner(tracked_project, runner):
    tracked_project.run(runner=runner())

    run = tracked_project.last_run()
    client, run_id = tracked_project.client, run.info.run_id
    assert run.info.status == "FINISHED"
    assert run.data.params["optimizer.lr"] == "0.003"
    assert run.data.params["data.name"] == run.data.tags["data.name"] == "digits"
    assert run.data.tags["runner"] == runner.__name__
    losses = client.get_metric_history(run_id, "train/loss")
    assert [(metric.step, metric.value) for metric in losses] == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]
    assert run.data.metrics["test/accuracy"] == 0.75
    files = {file.path for folder in ("model_output", "reporting") for file in client.list_artifacts(run_id, folder)}
    assert files == {"model_output/history.json", "reporting/metrics.json", "reporting/report.json"}
    (model,) = run.outputs.model_outputs
    assert client.get_logged_model(model.model_id).status == "READY"
