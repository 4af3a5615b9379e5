"""A training that several processes share within seconds, and the faults that befall it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import psutil
import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe, Sets, keep_checkpoints, train_by
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier, NetworkDescription, build_classifier
from image_classification.processes.forking import fork_server_kept

CLASSES = ("a", "b", "c")
SHAPE = (1, 16, 16)


def make_sets(count: int = 61) -> Sets:
    """Make images of noise, of which those of class 1 are brighter than those of 0, and so on."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % len(CLASSES)
    noise = torch.randint(0, 120, (count, *SHAPE), generator=generator)
    images = (noise + 40 * labels.view(-1, 1, 1, 1)).to(torch.uint8)
    statistics = {
        "data_name": "made up",
        "index_digest": "0" * 64,
        "class_names": list(CLASSES),
        "counts": {"train": dict.fromkeys(CLASSES, count // 3)},
        "image_shape": list(SHAPE),
    }
    validation = TensorDataset(images[:17], labels[:17])
    return Sets(TensorDataset(images, labels), validation, TensorDataset(images[:0], labels[:0]), statistics)


def make_recipe(distributed: dict | None = None, **options: object) -> Recipe:
    """Make a recipe; options of the training, and of what is beside it by name."""
    beside = {name: options.pop(name, {}) for name in ("loss", "optimizer", "schedule", "augmentation")}
    usual = {"epochs": 2, "batch_size": 16, "device": "cpu", "precision": "float32"}
    return Recipe(
        seed=3,
        loss=LossOptions.model_validate(beside["loss"]),
        optimizer=OptimizerOptions.model_validate(beside["optimizer"]),
        schedule=ScheduleOptions.model_validate(beside["schedule"]),
        augmentation=AugmentationOptions.model_validate(beside["augmentation"]),
        training=TrainingOptions.model_validate(usual | options | {"distributed": distributed or {}}),
    )


def make_network(network: str = "convnet", **options: object) -> Classifier:
    """Build a network of float64, so that one process and several can be compared to the last digits."""
    usual = {"convnet": {"widths": [4, 6], "dropout": 0.3}, "feed_forward": {"widths": [12], "dropout": 0.3}}
    description = NetworkDescription(
        network=network,
        options=usual[network] | options,
        image_shape=SHAPE,
        class_names=CLASSES,
        mean=(0.4,),
        std=(0.2,),
        data_name="made up",
        index_digest="0" * 64,
    )
    return build_classifier(description, seed=1).double()


Trained = tuple[dict[str, torch.Tensor], pd.DataFrame]


class Training:
    """Trains by a recipe, here or in several processes, with checkpoints in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = CheckpointFolder(folder)

    def __call__(
        self,
        distributed: dict | None = None,
        *,
        network: Classifier | None = None,
        sets: Sets | None = None,
        on_epoch: Callable[[int, object], None] = lambda epoch, row: None,
        **options: object,
    ) -> Trained:
        """Return the weights, and the history without its seconds."""
        recipe = make_recipe(distributed, **options)
        network, sets = network or make_network(), sets or make_sets()
        criterion = recipe.build_loss(sets.statistics)
        kept = keep_checkpoints(self._folder, recipe, network, criterion, sets.statistics, facts={})
        history = train_by(
            recipe, network, criterion, sets, checkpoints=kept, on_epoch=[on_epoch], may_share=True
        )
        return network.state_dict(), history.drop(columns="seconds")


@pytest.fixture(autouse=True, scope="session")
def loaded_once() -> Iterator[None]:
    """Have one server load what the processes of all these trainings need: it takes seconds."""
    with fork_server_kept():
        yield


@pytest.fixture
def training(tmp_path: Path) -> Training:
    """`training(distributed, **options)`: train, and return weights and history."""
    return Training(tmp_path / "checkpoints")


def assert_same(trained: Trained, expected: Trained, tolerance: float = 1e-10) -> None:
    """See that weights agree, and what was measured, which is summed in float32."""
    for name, tensor in expected[0].items():
        torch.testing.assert_close(trained[0][name], tensor, rtol=0, atol=tolerance)
    pd.testing.assert_frame_equal(trained[1], expected[1], rtol=1e-5, check_dtype=False)


def processes_of(rank: int | None = None, *, of: int | None = None) -> list[psutil.Process]:
    """Return the processes of trainings that this one, or another, has begun; perhaps those of a rank."""
    return _called("training: " if rank is None else f"training: {rank}", of)


def agents(of: int | None = None) -> list[psutil.Process]:
    """Return the agents among them."""
    return _called("training: agent", of)


def _called(beginning: str, of: int | None) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(of).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith(beginning):
                found.append(process)
    return found


class Once:
    """Calls a function after an epoch, in the first round of a training alone."""

    def __init__(self, epoch: int, function: Callable[[], None]) -> None:
        self._epoch, self._function = epoch, function
        self.happened = False

    def __call__(self, epoch: int, row: object) -> None:
        if epoch == self._epoch and not self.happened:
            self.happened = True
            self._function()


def strike(number: signal.Signals, rank: int) -> Callable[[], None]:
    """Return a function that sends a signal to the process of a rank."""
    return lambda: processes_of(rank)[0].send_signal(number)


def joining_command(endpoint: str) -> list[str]:
    """Return the command that joins a training, which may not have begun."""
    return [sys.executable, "-m", "image_classification", "join", endpoint, "--wait", "120"]


@contextmanager
def joining(endpoint: str, token: str, **variables: str) -> Iterator[subprocess.Popen]:
    """Have another machine, as far as that can be told apart here, take part in a training."""
    process = subprocess.Popen(
        joining_command(endpoint),
        env=os.environ | {"IMAGE_CLASSIFICATION_JOIN_TOKEN": token} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
