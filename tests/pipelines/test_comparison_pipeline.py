"""`kedro run --pipeline comparison`: from the runs in MLflow to a leaderboard, under every runner."""

import json
import logging
import shutil
from pathlib import Path

import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner
from mlflow import MlflowClient

from image_classification.errors import UserError

SEEDS = (1, 2, 3)
ACCURACIES = {"convnet": (0.9, 0.92, 0.94), "feed_forward": (0.8, 0.81, 0.82)}


def record(client, tmp_path, network, seed, accuracy, digest="a" * 64):
    experiment = client.get_experiment_by_name("image-classification").experiment_id
    run_id = client.create_run(experiment, run_name=f"{network}-{seed}").info.run_id
    parameters = {
        "network.name": network,
        "seed": seed,
        "optimizer.lr": 0.01,
        "data.name": "mnist",
        "data.index_digest": digest,
    }
    for name, value in parameters.items():
        client.log_param(run_id, name, value)
    for epoch in (1, 2):
        client.log_metric(run_id, "validation/loss", 1 / epoch, step=epoch)
    client.log_metric(run_id, "test/accuracy", accuracy)
    right = round(50 * accuracy)
    table = pd.DataFrame(
        {"name": range(50), "label": "0", "correct": [True] * right + [False] * (50 - right)}
    )
    table.astype({"name": "str"}).to_parquet(tmp_path / "predictions.parquet")
    client.log_artifact(run_id, str(tmp_path / "predictions.parquet"), "model_output")
    client.set_terminated(run_id)


@pytest.fixture(scope="module")
def database(tmp_path_factory, empty_database) -> Path:
    """Six runs of two networks with three seeds each, and one on other data."""
    folder = tmp_path_factory.mktemp("runs")
    shutil.copy(empty_database, folder / "mlflow.db")
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    client.create_experiment("image-classification", artifact_location=(folder / "artifacts").as_uri())
    for network, accuracies in ACCURACIES.items():
        for seed, accuracy in zip(SEEDS, accuracies, strict=True):
            record(client, folder, network, seed, accuracy)
    record(client, folder, "convnet", 1, 0.99, digest="b" * 64)
    return folder / "mlflow.db"


@pytest.fixture
def compare(project, database, monkeypatch):
    """Run the comparison of these runs, with some of its parameters changed."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")

    def run(runner=None, **parameters):
        with KedroSession.create(project, runtime_params={"comparison": parameters}) as session:
            session.run(pipeline_names=["comparison"], runner=runner)

    return run


def table(project, name):
    return pd.read_parquet(project / "data" / "08_reporting" / f"{name}.parquet")


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner, ParallelRunner])
def test_under_every_runner(project, compare, runner, capsys, caplog):
    with caplog.at_level(logging.WARNING):
        compare(runner())

    leaderboard = table(project, "leaderboard")
    assert leaderboard[["data", "rank", "configuration", "runs"]].values.tolist() == [
        ["mnist (aaaaaaaa)", 1, "convnet", 3],
        ["mnist (aaaaaaaa)", 2, "feed_forward", 3],
        ["mnist (bbbbbbbb)", 1, "convnet", 1],
    ]
    assert leaderboard["mean"].tolist() == pytest.approx([0.92, 0.81, 0.99])
    csv = pd.read_csv(project / "data" / "08_reporting" / "leaderboard.csv")
    assert csv["mean"].tolist() == leaderboard["mean"].tolist()
    (tested,) = table(project, "significance").to_dict("records")
    assert (tested["only_first_right"], tested["only_second_right"]) == (6, 0)
    assert tested["significant"]
    for figure in ("parallel_coordinates", "compared_learning_curves"):
        assert json.loads((project / "data" / "08_reporting" / f"{figure}.json").read_text())["data"]
    if runner is not ParallelRunner:  # what its processes say is not heard here
        assert (
            "so they are ranked separately: mnist (aaaaaaaa) (6 runs), mnist (bbbbbbbb) (1 run)."
            in caplog.text
        )
    printed = capsys.readouterr().out
    assert "0.9200 ± 0.0200" in printed
    assert "the first is right on more test images: p = 0.016" in printed


def test_it_records_no_run_of_its_own(compare, database):
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    before = len(client.search_runs(experiments))

    compare()

    assert len(client.search_runs(experiments)) == before


def test_a_filter_and_another_metric(project, compare):
    compare(filter="params.`network.name` = 'convnet'", metric="validation/loss")

    leaderboard = table(project, "leaderboard")
    assert leaderboard["configuration"].tolist() == ["convnet", "convnet"]
    assert leaderboard["metric"].unique().tolist() == ["validation/loss"]
    assert table(project, "significance").empty


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"status": ["FAILED"]}, "There is no run to compare: .* has none with status FAILED"),
        ({"metric": "test/acuracy"}, "none of the 7 runs .* has it; did you mean test/accuracy"),
        ({"experiment": "nowhere"}, "There is no experiment 'nowhere'"),
        (
            {"repeated_over": ["seed", "optimizer.rl"]},
            "comparison.repeated_over names 'optimizer.rl', .*; did you mean optimizer.lr",
        ),
        ({"filter": "nonsense"}, "comparison.filter is 'nonsense'"),
    ],
)
def test_what_is_not_there_is_explained(compare, parameters, message):
    with pytest.raises(UserError, match=message):
        compare(**parameters)


def test_without_a_word_validation_ranks(project, compare, database):
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("image-classification").experiment_id
    for run in client.search_runs([experiment]):
        worse = 0.5 if run.data.params["network.name"] == "convnet" else 0.7
        client.log_metric(run.info.run_id, "weights/validation_accuracy", worse)

    compare()

    leaderboard = table(project, "leaderboard")
    assert leaderboard["configuration"].tolist()[:2] == ["feed_forward", "convnet"]
    assert leaderboard["metric"].unique().tolist() == ["weights/validation_accuracy"]
    assert leaderboard["test_mean"].tolist() == pytest.approx([0.81, 0.92, 0.99])
