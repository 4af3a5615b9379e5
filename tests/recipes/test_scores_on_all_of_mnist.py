"""On all of MNIST the recipes land where the articles' own scripts do, and `fast` where it says."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from kedro.framework.session import KedroSession

BESIDE = Path(__file__).parents[3] / "shared" / "mnist"

pytestmark = [pytest.mark.full_mnist, pytest.mark.slow]


@pytest.fixture(scope="session")
def mirror() -> str:
    """Where MNIST is, asked before the project's fixture clears the environment."""
    named = os.environ.get("MNIST_MIRROR")
    if not named and not BESIDE.is_dir():
        pytest.skip("neither MNIST_MIRROR nor a folder shared/mnist beside the project")
    return named or BESIDE.as_uri()


def last_epoch(mirror: str, project: Path, monkeypatch: pytest.MonkeyPatch, recipe: str) -> pd.Series:
    monkeypatch.setenv("MNIST_MIRROR", mirror)
    with KedroSession.create(project, env=recipe) as session:
        session.run(pipeline_names=["training"])
    return pd.read_parquet(project / "data/07_model_output/history.parquet").iloc[-1]


def test_feed_forward(mirror: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The article's script, measured: 0.9464 after 5 epochs of unshuffled images."""
    row = last_epoch(mirror, project, monkeypatch, "feed_forward")
    assert row["epoch"] == 5
    assert row["test/accuracy"] == pytest.approx(0.946, abs=0.003)


def test_mnist_nn(mirror: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The article's script, measured: 0.898 of the validation images after 25 epochs."""
    row = last_epoch(mirror, project, monkeypatch, "mnist_nn")
    assert row["epoch"] == 25
    assert row["validation/accuracy"] == pytest.approx(0.898, abs=0.005)


def test_fast(mirror: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last_epoch(mirror, project, monkeypatch, "fast")
    metrics = json.loads((project / "data/08_reporting/metrics.json").read_text())
    assert metrics["accuracy"] >= 0.99
