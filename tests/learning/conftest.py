"""A problem that every network can learn within seconds, and a short way to train on it."""

import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.learning.fine_tuning.rates import rate_factors
from image_classification.learning.loop import train
from image_classification.learning.losses import Loss, LossOptions, TrainingData, build_loss
from image_classification.learning.losses.cross_entropy import CrossEntropy
from image_classification.learning.optimizers import OptimizerOptions, build_optimizer
from image_classification.learning.options import TrainingOptions
from image_classification.learning.schedules import ScheduleOptions, build_schedule
from image_classification.networks import Classifier, NetworkDescription, build_classifier

BRIGHT_OR_DARK = TrainingData(class_names=("dark", "bright"), class_counts=(48, 48), image_shape=(1, 8, 8))
BAD = 255  # no image of the set is as bright


class BreaksOn(CrossEntropy):
    """Cross entropy, but not of a batch with an image whose first pixel is BAD."""

    value = float("nan")

    def while_training(self, logits, labels, images):
        is_bad = (images[:, 0, 0, 0] == BAD).any()
        return self(logits, labels) * torch.where(is_bad, self.value, 1.0)


@pytest.fixture
def breaking() -> BreaksOn:
    usual = _make_loss("cross_entropy")
    broken = BreaksOn.__new__(BreaksOn)
    broken.__dict__ = usual.__dict__
    return broken


@pytest.fixture
def bright_or_dark() -> TensorDataset:
    """96 images (1, 8, 8) uint8 of noise: class 1 is brighter than class 0."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(96) % 2
    noise = torch.randint(0, 120, (96, 1, 8, 8), generator=generator)
    return TensorDataset((noise + 100 * labels.view(-1, 1, 1, 1)).to(torch.uint8), labels)


@pytest.fixture
def classifier() -> Classifier:
    return build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [16], "dropout": 0.2, "log_softmax": False},
            image_shape=(1, 8, 8),
            class_names=("dark", "bright"),
            mean=(0.4,),
            std=(0.2,),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=1,
    )


def _make_loss(parameters: str | dict = "cross_entropy", data: TrainingData = BRIGHT_OR_DARK, **how) -> Loss:
    """Build a loss from a name, or from what a configuration file says."""
    written = {"name": parameters} if isinstance(parameters, str) else parameters
    return build_loss(LossOptions.model_validate(written), data, **how)


def _learn(
    network: nn.Module,
    dataset: TensorDataset,
    validation_set: TensorDataset | None = None,
    *,
    loss: Loss | str | dict = "cross_entropy",
    optimizer: str = "adam",
    optimizer_options: dict | None = None,
    schedule: str = "constant",
    schedule_options: dict | None = None,
    warmup: dict | None = None,
    seed: int = 0,
    how: dict | None = None,
    **training: object,
) -> pd.DataFrame:
    """Train 4 epochs of batches of 16 on the CPU unless told otherwise; return the history.

    It computes in float32 on every machine, so that numbers can be compared.
    Options of optimizer and schedule are those of their blocks, `training` those of TrainingOptions, and
    `how` further arguments of `train`.
    """
    usual = {"epochs": 4, "batch_size": 16, "device": "cpu", "precision": "float32"}
    options = TrainingOptions(**usual | training)
    chosen_optimizer = OptimizerOptions.model_validate(
        {"name": optimizer, optimizer: optimizer_options or {}}
    )
    chosen_schedule = ScheduleOptions.model_validate(
        {"name": schedule, schedule: schedule_options or {}, "warmup": warmup or {}}
    )
    empty = TensorDataset(*(tensor[:0] for tensor in dataset.tensors))
    return train(
        network,
        dataset,
        empty if validation_set is None else validation_set,
        criterion=loss if isinstance(loss, Loss) else _make_loss(loss),
        make_optimizer=lambda network: build_optimizer(
            chosen_optimizer, network.parameters(), rate_factors(network, options.fine_tuning)
        ),
        make_schedule=lambda built, updates: build_schedule(
            chosen_schedule, built, epochs=options.epochs, updates=updates
        ),
        options=options,
        seed=seed,
        **(how or {}),
    )


@pytest.fixture
def make_loss():
    """`make_loss(parameters, data=…)`: build a loss from its name, or from what a configuration says."""
    return _make_loss


@pytest.fixture
def learn():
    """`learn(network, dataset, validation_set, …)`: train on the CPU and return the history."""
    return _learn
