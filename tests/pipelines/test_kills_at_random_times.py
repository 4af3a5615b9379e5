"""A training that is killed at any moment, in any of its processes, comes to the same once it is resumed.

`KILLS=30` tries as many moments under each runner.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from kedro import runner as runners
from kedro.framework.session import KedroSession

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "2"))
# a bit of everything that has a state
MODELLING = {
    "network": {"convnet": {"widths": [4, 4], "dropout": 0.1}},
    "augmentation": {"shift": 0.1, "mixup": 0.5},
    "training": {
        "epochs": 4,
        "batch_size": 6,
        "accumulate_batches": 2,
        "sampler": "balanced",
        "average_weights": {"decay": 0.9},
        "validate_every": 2,
        "keep": "best",
        "early_stopping": {"metric": "validation/loss", "patience": 50},
        "checkpoint": {"every_minutes": 1e-9},
    },
}


def train(project: Path, runner: str, *, resume: bool = False) -> None:
    training = MODELLING["training"] | {"resume": resume}
    with KedroSession.create(
        project, runtime_params={"modelling": MODELLING | {"training": training}}
    ) as run:
        run.run(runner=getattr(runners, runner)(), pipeline_names=["modelling"], to_outputs=["predictions"])


def in_a_process_of_its_own(work: Callable[[], None]) -> int:
    """Start it; its number is that of its group, too."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def wait_for(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def results(project: Path) -> tuple[bytes, bytes, str]:
    data = project / "data"
    history = pd.read_parquet(data / "07_model_output" / "history.parquet").drop(columns="seconds")
    return (
        (data / "06_models" / "trained_network.safetensors").read_bytes(),
        (data / "07_model_output" / "predictions.parquet").read_bytes(),
        history.to_json(double_precision=15),
    )


@pytest.mark.parametrize("runner", ["SequentialRunner", "ThreadRunner", "ParallelRunner"])
def test_the_result_is_the_same(project: Path, tiny_mnist: Path, runner: str) -> None:
    # to record takes longer than all else; that is tried by itself
    (project / "conf" / "local").mkdir(exist_ok=True)
    (project / "conf" / "local" / "mlflow.yml").write_text("enabled: false")
    with KedroSession.create(project) as session:
        session.run(pipeline_names=["mnist"])
    started = time.monotonic()
    assert wait_for(in_a_process_of_its_own(lambda: train(project, runner))) == 0
    duration, expected = time.monotonic() - started, results(project)
    moments, struck = random.Random(runner), 0
    while struck < KILLS:
        for name in ("06_models/trained_network.safetensors", "07_model_output/predictions.parquet"):
            (project / "data" / name).unlink()
        process = in_a_process_of_its_own(lambda: train(project, runner))
        time.sleep(moments.uniform(0.2, 1) * duration)
        os.killpg(process, signal.SIGKILL)
        if (end := wait_for(process)) == -signal.SIGKILL:
            struck += 1
        else:
            assert end == 0
            duration /= 2  # it was over: it is faster now than it was at first
        assert wait_for(in_a_process_of_its_own(lambda: train(project, runner, resume=True))) == 0
        assert results(project) == expected
        print(f"{runner}: killed and resumed {struck} times", flush=True)
