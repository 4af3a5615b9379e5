"""Trainings that are started at once in one project, and killed in any order, have their own results each.

`KILLS=30` kills as often as that under two of them, and under four.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from mlflow import MlflowClient
from mlflow.entities import Run

KILLS = int(os.environ.get("KILLS", "2"))
RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
# dropout, mixup and the best epoch depend on more than the weights of the last one
OPTIONS = {
    "network.convnet.widths": "[4,4]",
    "network.convnet.dropout": 0.1,
    "augmentation.mixup": 0.5,
    "training.epochs": 3,
    "training.batch_size": 12,
    "training.keep": "best",
    "training.checkpoint.every_minutes": 1e-9,
    # those of all that run here: of a training without any, another that was interrupted would be refused
    "training.checkpoint.trainings": 100,
}
Start = Callable[..., int]


@pytest.fixture
def start(project: Path, tiny_mnist: Path, loaded_process, tmp_path: Path) -> Start:
    """`start(seed)`: begin a training in a process of its own; return its number."""
    with KedroSession.create(project) as session:
        session.run(pipeline_names=["mnist"])

    def started(seed: int, runner: str = "SequentialRunner", *, resume: bool = False) -> int:
        options = OPTIONS | {"seed": seed, "training.resume": str(resume).lower()}
        params = ",".join(f"modelling.{name}={value}" for name, value in options.items())
        arguments = ["kedro", "run", "--pipeline", "modelling", "--runner", runner, "--params", params]
        outputs = (tmp_path / f"{name} of {seed}" for name in ("stdout", "stderr"))
        return loaded_process.start(project, arguments, os.environ, *outputs)

    return started


@pytest.fixture
def client(project: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{project / 'mlflow.db'}")


def outcome(client: MlflowClient, run: Run) -> dict[str, Any]:
    """What a training has come to, as its run in MLflow has it."""
    history = pd.read_parquet(client.download_artifacts(run.info.run_id, "model_output/history.parquet"))
    predictions = Path(client.download_artifacts(run.info.run_id, "model_output/predictions.parquet"))
    return {
        "weights": run.data.tags["weights_digest/0003"],
        "history": history.drop(columns="seconds").to_dict("list"),
        "predictions": predictions.read_bytes(),
        "metrics": {name: value for name, value in run.data.metrics.items() if name.startswith("test/")},
        "curve": [point.value for point in client.get_metric_history(run.info.run_id, "train/loss")],
    }


def finished(client: MlflowClient, seed: int) -> Run:
    """The newest run of a seed, which has to be finished."""
    experiment = client.get_experiment_by_name("image-classification")
    run = client.search_runs([experiment.experiment_id], f"params.seed = '{seed}'", max_results=1)[0]
    assert run.info.status == "FINISHED"
    return run


@pytest.mark.slow
def test_each_has_its_own_results(start: Start, client: MlflowClient, loaded_process) -> None:
    processes = [start(seed) for seed in (1, 2)]
    assert [loaded_process.wait(process) for process in processes] == [0, 0]
    together = [outcome(client, finished(client, seed)) for seed in (1, 2)]
    assert loaded_process.wait(start(1)) == 0
    assert outcome(client, finished(client, 1)) == together[0]
    assert together[0]["weights"] != together[1]["weights"]


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_killed_and_resumed(start: Start, client: MlflowClient, loaded_process, count: int) -> None:
    seeds = range(1, count + 1)
    started = time.monotonic()
    for seed in seeds:
        assert loaded_process.wait(start(seed)) == 0
    duration = time.monotonic() - started  # of all, one after the other
    expected = {seed: outcome(client, finished(client, seed)) for seed in seeds}
    moments, runners, struck = random.Random(count), cycle(RUNNERS), 0

    while struck < KILLS:
        processes = {start(seed, runner): seed for seed, runner in zip(seeds, runners, strict=False)}
        kills = sorted((moments.uniform(0.1, 0.8) * duration, process) for process in processes)
        begun = time.monotonic()
        for moment, process in kills:
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            os.kill(process, signal.SIGKILL)  # its workers end by themselves
        ends = [loaded_process.wait(process) for process in processes]
        struck += ends.count(-signal.SIGKILL)
        if ends.count(0) == count:
            duration /= 2  # all were over: they are faster now than they were at first

        resumed = [start(seed, runner, resume=True) for seed, runner in zip(seeds, runners, strict=False)]
        assert [loaded_process.wait(process) for process in resumed] == [0] * count
        for seed in seeds:
            assert outcome(client, finished(client, seed)) == expected[seed]
        print(f"{count} at once: {struck} killed and resumed", flush=True)
