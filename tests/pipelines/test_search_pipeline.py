"""A search: parameters are drawn, compared by validation images, and the best of them train as they did."""

import re
import shlex

import pandas as pd
import pytest
import yaml
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner
from mlflow import MlflowClient
from tests.pipelines.test_image_folder_pipeline import make_folder

from image_classification.trials.storage import open_storage

MODELLING = {
    "network": {"name": "convnet", "convnet": {"widths": [4]}},
    "training": {"epochs": 2, "batch_size": 16, "device": "cpu", "precision": "float32"},
}
SPACE = {
    "optimizer.name": ["adam", "sgd"],
    "optimizer.adam.lr": {"low": 1e-3, "high": 0.1, "log": True},
    "optimizer.sgd.lr": {"low": 1e-2, "high": 1.0, "log": True},
    "network.convnet.widths": [[4], [4, 8]],
}


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "shades", per_class=15)


def run(project, folder, pipeline="folder_search", *, runner=None, modelling=MODELLING, split=None, **search):
    values = {
        "image_folder": {"path": str(folder), "images": {"size": 8}, "split": split or {}},
        "modelling": modelling,
        "search": {"space": SPACE, "trials": 4} | search,
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=[pipeline], runner=runner or SequentialRunner())
        return session.load_context().catalog


def recorded(project):
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("image-classification")
    return client, client.search_runs([experiment.experiment_id])


def drawn_of(table):
    return table.drop(columns=["seconds"]).astype("object").where(table.notna(), None).to_dict("records")


@pytest.mark.parametrize("trials", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_what_has_an_effect_is_drawn_and_the_best_is_kept(project, folder, trials):
    catalog = run(project, folder, metric="validation/loss", trials=trials)
    table, record = catalog["search_trials"].load(), catalog["search_record"].load()
    assert len(table) == trials
    for row in table.to_dict("records"):
        assert pd.isna(row["optimizer.sgd.lr"]) == (row["optimizer.name"] == "adam")
        assert pd.isna(row["optimizer.adam.lr"]) == (row["optimizer.name"] == "sgd")
    complete = table[table["state"] == "complete"]
    assert record["best_value"] == complete["value"].min()
    # over, so the same command begins anew
    (study,) = open_storage(record["study"]["address"]).get_all_studies()
    assert study.user_attrs["closed"] is True


@pytest.mark.slow
def test_a_grid_tries_each_combination_once_and_keeps_its_curves(project, folder):
    space = {
        "optimizer.name": ["sgd", "adam"],
        "optimizer.sgd.momentum": {"low": 0.0, "high": 0.9, "step": 0.9},
    }
    catalog = run(project, folder, sampler="grid", space=space, trials=20, metric="validation/loss")
    table, history = catalog["search_trials"].load(), catalog["search_history"].load()
    drawn = table[list(space)].astype("object").where(table[list(space)].notna(), None).to_numpy().tolist()
    assert drawn == [["sgd", 0.0], ["sgd", 0.9], ["adam", None]]
    assert history[["trial", "epoch"]].to_numpy().tolist() == [
        [n, epoch] for n in (1, 2, 3) for epoch in (1, 2)
    ]
    last = history[history["epoch"] == 2]["validation/loss"]
    assert last.tolist() == table["value"].tolist()


@pytest.mark.slow
def test_the_best_of_it_trains_to_what_it_was_measured_at(project, folder, capsys):
    record = run(project, folder, metric="validation/loss")["search_record"].load()
    best = yaml.safe_load((project / "data" / "08_reporting" / "best_parameters.yml").read_text())
    # what belongs to a machine or a moment is no recipe
    assert not {"resume", "checkpoint", "distributed"} & set(best["modelling"]["training"])
    history = run(project, folder, "folder_modelling", modelling=best["modelling"])["history"].load()
    assert history["validation/loss"].iloc[-1] == record["best_value"]
    assert record["use"] in capsys.readouterr().out


def test_no_node_of_it_is_given_the_test_images():
    pipelines.set_requested(None)
    for name in ("search", "folder_search", "idx_search", "hugging_face_search"):
        nodes = [node for node in pipelines[name].nodes if (node.namespace or "").startswith("search")]
        assert len(nodes) == 4
        inputs = {dataset for node in nodes for dataset in node.inputs}
        assert not any("test_set" in dataset or dataset.endswith(".images") for dataset in inputs)


@pytest.mark.slow
@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_each_training_has_a_run_within_that_of_the_search(project, folder, runner):
    catalog = run(project, folder, runner=runner())
    table = catalog["search_trials"].load()
    client, runs = recorded(project)
    (parent,) = [each for each in runs if "mlflow.parentRunId" not in each.data.tags]
    children = {each.info.run_name: each for each in runs if each is not parent}
    assert {each.info.status for each in runs} == {"FINISHED"}
    assert set(children) == {f"trial {number}" for number in range(1, 5)}
    for row in table.to_dict("records"):
        data = children[f"trial {row['trial']}"].data
        assert data.params["optimizer.name"] == row["optimizer.name"]
        assert data.metrics["validation/accuracy"] == pytest.approx(row["value"])
        assert "test/accuracy" not in data.metrics
    assert parent.data.metrics["search/best"] == table[table["state"] == "complete"]["value"].max()
    files = {file.path for file in client.list_artifacts(parent.info.run_id, "reporting")}
    assert {
        "reporting/search.html",
        "reporting/best_parameters.yml",
        "reporting/search_history.json",
    } <= files


@pytest.mark.slow
def test_one_that_is_worse_than_most_is_ended_early(project, folder):
    modelling = MODELLING | {"optimizer": {"name": "sgd"}, "training": MODELLING["training"] | {"epochs": 4}}
    bad = [number * 1e-7 for number in range(1, 16)]
    space = {"optimizer.sgd.lr": [*(0.05 + number / 1000 for number in range(15)), *bad]}
    catalog = run(project, folder, modelling=modelling, space=space, trials=16, metric="validation/loss")
    table = catalog["search_trials"].load()
    pruned = table[table["state"] == "pruned"]
    assert len(pruned)
    assert (pruned["epochs"] < 4).all()
    assert pruned["optimizer.sgd.lr"].astype(float).isin(bad).any()
    assert pruned["value"].min() > table[table["state"] == "complete"]["value"].min()
    epochs = catalog["search_history"].load().groupby("trial").size()
    assert epochs.to_dict() == dict(zip(table["trial"], table["epochs"], strict=True))
    _, runs = recorded(project)
    assert sum("pruned" in each.data.tags for each in runs) == len(pruned)
    assert {each.info.status for each in runs} == {"FINISHED"}
    whole = run(project, folder, modelling=modelling, space=space, trials=16, metric="validation/log_loss")
    assert set(whole["search_trials"].load()["state"]) == {"complete"}


@pytest.mark.slow
def test_parameters_that_do_not_train_leave_the_others(project, folder):
    space = {"training.shuffle": [True, False], "training.sampler": ["uniform", "balanced"]}
    catalog = run(project, folder, space=space, trials=4, sampler="random")
    table = catalog["search_trials"].load()
    impossible = (table["training.shuffle"] == "false") & (table["training.sampler"] == "balanced")
    assert len(table) == 4
    assert impossible.any()
    assert (impossible == (table["state"] == "failed")).all()
    assert table.loc[impossible, "why"].str.contains("do not go together").all()


@pytest.mark.slow
def test_more_trainings_may_be_added_and_the_first_are_the_same(project, folder, capsys):
    before = run(project, folder, trials=3)["search_trials"].load()
    capsys.readouterr()
    after = run(project, folder, trials=5, resume=True)["search_trials"].load()
    assert "3 of 5 trainings are done already" in capsys.readouterr().out
    assert drawn_of(after.iloc[:3]) == drawn_of(before)
    anew = run(project, folder, trials=5, resume=False)["search_trials"].load()
    assert drawn_of(anew) == drawn_of(after)


@pytest.mark.slow
def test_time_ends_it(project, folder):
    table = run(project, folder, trials=1000, minutes=0.05)["search_trials"].load()
    assert 1 <= len(table) < 1000


@pytest.mark.slow
def test_the_command_of_the_best_runs(project, folder, run_command):
    params = f"image_folder.path={folder},image_folder.images.size=8,modelling.training.epochs=1"
    lr = "search.space.optimizer.adam.lr={low: 0.001, high: 0.1}"
    space = f"search.space.network.convnet.widths=[[4],[4, 8]],{lr}"
    command = ["run", "--pipeline", "folder_search", "--params", f"{params},search.trials=2,{space}"]
    ended = run_command(project, "kedro", *command)
    assert ended.returncode == 0, ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("kedro run")]
    assert "folder_training" in line
    assert "search." not in line
    trained = run_command(project, "kedro", *shlex.split(line)[1:])
    assert trained.returncode == 0, trained.stderr
    value = re.search(r"is the best: validation/accuracy ([\d.]+)%", ended.stdout)[1]
    history = pd.read_parquet(project / "data" / "07_model_output" / "history.parquet")
    assert f"{history['validation/accuracy'].iloc[-1]:.2%}" == f"{value}%"
