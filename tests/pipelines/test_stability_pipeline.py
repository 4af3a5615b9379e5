"""Stability: the same training with several seeds, each as the pipeline `training` does it."""

import json

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner
from mlflow import MlflowClient
from tests.pipelines.test_image_folder_pipeline import make_folder

MODELLING = {
    "network": {"name": "convnet", "convnet": {"widths": [4]}},
    "training": {"epochs": 1, "batch_size": 16, "device": "cpu", "precision": "float32"},
}


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "shades", per_class=15)


def run(
    project, folder, pipeline="folder_stability", runner=None, split=None, modelling=MODELLING, **options
):
    values = {
        "image_folder": {"path": str(folder), "images": {"size": 8}, "split": split or {}},
        "modelling": modelling or MODELLING,
        "stability": {"seeds": 2} | options,
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=[pipeline], runner=runner or SequentialRunner())
        return session.load_context().catalog


@pytest.mark.slow
def test_each_seed_is_what_a_training_with_it_is(project, folder):
    catalog = run(project, folder)
    runs, history = catalog["stability_runs"].load(), catalog["stability_history"].load()
    assert runs["seed"].tolist() == [42, 43]
    alone = run(project, folder, "folder_modelling", modelling=MODELLING | {"seed": 43})
    metrics, row = alone["metrics"].load(), runs[runs["seed"] == 43].iloc[0]
    for name in ("accuracy", "loss", "log_loss"):
        assert row[f"test/{name}"] == metrics[name]
    pd.testing.assert_frame_equal(
        history[history["seed"] == 43].drop(columns=["seed", "seconds"]).reset_index(drop=True),
        alone["history"].load().drop(columns="seconds"),
    )


@pytest.mark.parametrize(
    ("runner", "validation", "seeds"),
    [
        (SequentialRunner, 0.25, 2),
        pytest.param(SequentialRunner, 0, 3, marks=pytest.mark.slow),
        pytest.param(ThreadRunner, 0.25, 3, marks=pytest.mark.slow),
    ],
)
def test_all_of_it_is_recorded(project, folder, runner, validation, seeds):
    catalog = run(project, folder, runner=runner(), split={"validation": validation}, seeds=seeds)
    summary = json.loads((project / "data" / "08_reporting" / "stability.json").read_text())
    assert set(summary["metrics"]) == ({"validation", "test"} if validation else {"test"})
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("image-classification")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [each for each in runs if "mlflow.parentRunId" not in each.data.tags]
    children = [each for each in runs if each.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {each.info.status for each in runs} == {"FINISHED"}
    assert {each.data.params["seed"] for each in children} == {f"{42 + number}" for number in range(seeds)}
    assert all({"train/loss", "test/accuracy"} <= each.data.metrics.keys() for each in children)
    mean = np.mean([each.data.metrics["test/accuracy"] for each in children])
    assert parent.data.metrics["stability/test_accuracy"] == pytest.approx(mean)
    assert catalog["stability_metrics"].load()["metrics"]["test"]["accuracy"]["mean"] == pytest.approx(mean)
    pages = {file.path for file in client.list_artifacts(parent.info.run_id, "reporting")}
    assert {"reporting/stability.html", "reporting/stability_learning_curves.json"} <= pages


@pytest.mark.slow
def test_seeds_may_be_added_to_those_that_are_there(project, folder, capsys):
    before = run(project, folder)["stability_runs"].load()
    capsys.readouterr()
    after = run(project, folder, seeds=3, resume=True)["stability_runs"].load()
    assert "2 of 3 trainings are done already" in capsys.readouterr().out
    pd.testing.assert_frame_equal(after.iloc[:2], before)
    assert after["seed"].tolist() == [42, 43, 44]
