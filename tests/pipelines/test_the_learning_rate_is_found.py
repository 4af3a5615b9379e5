"""A learning rate that is found is used where that is asked for, and everything that is recorded says so."""

import json
import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner

from image_classification.cli.replay.recorded import replay_recorded
from image_classification.errors import UserError
from image_classification.learning.rate_finder.suggestion import suggested_rate
from image_classification.tracking import last_run

TRAINING = {"epochs": 2, "batch_size": 32}
SUGGEST, USE = {"mode": "suggest", "updates": 30}, {"mode": "use", "updates": 30}
SHOWN = 'data-figure="learning_rate_test"'


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training of two epochs."""
    return Path(shutil.copytree(train_once(epochs=2), tmp_path / "project"))


@pytest.fixture
def data(project: Path, tiny_mnist: Path) -> Path:
    return project / "data"


def run(project, find=None, runner=None, *, lr=0.01, to=("trained_network", "training_record"), **how):
    """Run `modelling` as far as its record; return what MLflow has of it, if anything ran."""
    training = TRAINING | {name: how.pop(name) for name in ("resume", "epochs") if name in how}
    modelling = {"training": training | {"find_learning_rate": find or {}}, "optimizer": {"adam": {"lr": lr}}}
    with KedroSession.create(project, runtime_params={"modelling": modelling}) as session:
        session.run(
            pipeline_names=[how.pop("pipeline", "modelling")],
            to_outputs=list(to),
            runner=runner or SequentialRunner(),
            **how,
        )
    recorded = last_run()
    if recorded is None:
        return None
    return mlflow.MlflowClient(recorded.tracking_uri).get_run(recorded.run_id)


def weights(data):
    return (data / "06_models" / "trained_network.safetensors").read_bytes()


def found_in(data):
    return suggested_rate(pd.read_parquet(data / "06_models" / "learning_rate_test.parquet"))


def parameters(data):
    return json.loads((data / "07_model_output" / "training_record.json").read_text())["parameters"]


@pytest.mark.slow
def test_a_rate_that_is_used_is_the_one_of_the_optimizer_in_weights_records_and_replays(project, data):
    assert SHOWN not in (data / "08_reporting" / "report.html").read_text(encoding="utf-8")
    record = run(project, USE)
    rate, trained = found_in(data), weights(data)
    assert rate not in (None, 0.01)
    assert record.data.tags["optimizer.found_lr"] == f"{rate:g}"
    assert record.data.params["training.find_learning_rate.mode"] == "use"
    assert parameters(data)["optimizer.found_lr"] == f"{rate:g}"
    assert "optimizer.lr" not in parameters(data)
    assert replay_recorded(project, record.info.run_id, 2, from_start=False, env=None, conf_source=None)

    # more epochs go on at that rate, and without the test there is nothing to go on at
    longer = run(project, USE, resume=True, epochs=3, from_nodes=["modelling.train_network"])
    assert longer.data.tags["continues_run"] == record.info.run_id
    assert longer.data.tags["optimizer.found_lr"] == f"{rate:g}"

    record = run(project, lr=rate)
    assert weights(data) == trained
    assert "optimizer.found_lr" not in record.data.tags
    assert len(pd.read_parquet(data / "06_models" / "learning_rate_test.parquet")) == 0
    with pytest.raises(UserError, match="no learning rates were tested yet"):
        run(project, USE, from_nodes=["modelling.train_network"])


@pytest.mark.parametrize("runner", [SequentialRunner, pytest.param(ThreadRunner, marks=pytest.mark.slow)])
def test_a_suggestion_changes_no_bit_and_is_shown(project, data, capsys, runner):
    before = weights(data)
    record = run(project, SUGGEST, runner(), pipeline="training", to=["report", "model_card"])
    rate = found_in(data)
    assert weights(data) == before
    assert record.data.tags["optimizer.suggested_lr"] == f"{rate:g}"
    assert "optimizer.found_lr" not in {**record.data.tags, **parameters(data)}
    assert parameters(data)["optimizer.lr"] == "0.01"
    said = " ".join(capsys.readouterr().out.split())
    assert f"the loss falls fastest at {rate:g} (tried 1e-06 to" in said
    assert f"Set it: --params modelling.optimizer.adam.lr={rate:g}" in said
    assert SHOWN in (data / "08_reporting" / "report.html").read_text(encoding="utf-8")
    assert "found on the training images" not in (data / "08_reporting" / "model_card.md").read_text()


@pytest.mark.slow
def test_only_what_is_missing_is_tested_again(project, data, capsys):
    run(project, SUGGEST, only_missing_outputs=True)
    rate, seconds = found_in(data), pd.read_parquet(data / "07_model_output" / "history.parquet")["seconds"]
    assert rate
    capsys.readouterr()
    run(project, SUGGEST, only_missing_outputs=True)
    assert "Learning rate:" not in capsys.readouterr().out
    again = pd.read_parquet(data / "07_model_output" / "history.parquet")["seconds"]
    assert again.tolist() == seconds.tolist()
    run(project, SUGGEST | {"updates": 40}, only_missing_outputs=True)
    assert "in 40 updates" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_a_training_that_only_had_a_suggestion_is_resumed_without(project, data, capsys):
    run(project, SUGGEST)
    trained = weights(data)
    run(project, resume=True)
    assert "The training is over already" in " ".join(capsys.readouterr().out.split())
    assert weights(data) == trained


@pytest.mark.slow
def test_a_training_at_another_rate_than_was_found_is_not_resumed(project, data, capsys):
    run(project, USE)
    test = pd.read_parquet(data / "06_models" / "learning_rate_test.parquet")
    test.assign(rate=test["rate"] / 10).to_parquet(data / "06_models" / "learning_rate_test.parquet")
    shutil.rmtree(data / "06_models" / ".origins")
    record = run(project, USE, resume=True, epochs=3, from_nodes=["modelling.train_network"])
    assert "begins at its beginning" in " ".join(capsys.readouterr().out.split())
    assert record.data.tags["optimizer.found_lr"] == f"{found_in(data):g}"
