"""Trainings that are interrupted after so many updates, and go on from their last checkpoint."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.checkpoints.opening import open_checkpoints
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.options import TrainingOptions
from image_classification.networks import Classifier, build_classifier

FACTS = {"optimizer.name": "adam", "training.epochs": "4", "the data": "made up"}
# as good as after every update
ALWAYS = {"every_minutes": 1e-9}


class InterruptionError(Exception):
    """What ends a training on the way."""


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "checkpoints")


@pytest.fixture
def open_kept(folder: CheckpointFolder) -> Callable[..., KeptCheckpoints]:
    """`open_kept(resume=…, epochs=…, facts=…, **options of checkpoints)`"""

    def open_kept(
        *,
        resume: bool = False,
        epochs: int = 4,
        facts: dict | None = None,
        run_id: str | None = None,
        commit: str = "",
        distributed: dict | None = None,
        **options,
    ) -> KeptCheckpoints:
        training = TrainingOptions(
            epochs=epochs,
            resume=resume,
            checkpoint={**ALWAYS, **options},
            distributed=distributed or {},
        )
        now = FACTS | {"training.epochs": str(epochs)} | (facts or {})
        return open_checkpoints(
            folder, training, facts=now, recipe={}, network={}, run_id=run_id, commit=commit
        )

    return open_kept


@pytest.fixture
def interrupted(learn, open_kept):
    """`interrupted(network, dataset, …, after=9)`: train as `learn` does, and stop after so many batches."""

    def train(network: nn.Module, *sets, after: int, checkpoints: KeptCheckpoints | None = None, **training):
        seen = []

        def stop(epoch: int, batches: int, loss: float) -> None:
            seen.append(loss)
            if len(seen) == after:
                raise InterruptionError

        how = dict(training.pop("how", {}), on_batch=[stop])
        how["checkpoints"] = checkpoints or open_kept(epochs=training.get("epochs", 4))
        with pytest.raises(InterruptionError):
            learn(network, *sets, how=how, **training | {"log_every_batches": 1})

    return train


@pytest.fixture
def fresh(classifier: Classifier) -> Callable[..., Classifier]:
    """A new network with the same first weights: of the same family, or of another one."""

    def build(network: str = "feed_forward", **options: object) -> Classifier:
        usual = {"feed_forward": {"widths": [16], "dropout": 0.2, "log_softmax": False}}.get(network, {})
        description = classifier.description.model_copy(
            update={"network": network, "options": options or usual}
        )
        return build_classifier(description, seed=1)

    return build


def same(network: nn.Module, other: nn.Module, history: pd.DataFrame, others: pd.DataFrame) -> None:
    """Assert that two trainings came to the same, bit for bit."""
    pd.testing.assert_frame_equal(
        history.drop(columns="seconds"), others.drop(columns="seconds"), check_exact=True
    )
    weights, expected = network.state_dict(), other.state_dict()
    assert list(weights) == list(expected)
    assert [name for name in weights if not torch.equal(weights[name], expected[name])] == []
