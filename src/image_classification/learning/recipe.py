"""A whole training by its options: the parts are built, the features of a frozen body computed once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, Self, get_type_hints

import pandas as pd
import torch
from pydantic import BaseModel
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.checkpoints.facts import data_facts, place_facts, version_facts
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.checkpoints.opening import open_checkpoints
from image_classification.learning.checkpoints.parts import NO_CHECKPOINTS, Checkpoints
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.device import choose_device, choose_precision
from image_classification.learning.distributed.team import ALONE, Team
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.features import TrainedOn, features_once, start_head
from image_classification.learning.fine_tuning.rates import rate_factors
from image_classification.learning.loop import EpochListener, train
from image_classification.learning.losses import Loss, LossOptions, TrainingData, build_loss
from image_classification.learning.optimizers import OptimizerOptions, build_optimizer
from image_classification.learning.options import TrainingOptions
from image_classification.learning.progress import TrainingProgress
from image_classification.learning.schedules import ScheduleOptions, build_schedule
from image_classification.networks import Classifier


@dataclass(frozen=True)
class Sets:
    """The images of a training: (C, H, W) uint8 and labels; validation and test sets may be empty."""

    train: TensorDataset
    validation: TensorDataset
    test: TensorDataset
    statistics: ImageStatistics


@dataclass(frozen=True)
class Recipe:
    """The options of a training, its network and images apart."""

    seed: int
    loss: LossOptions
    optimizer: OptimizerOptions
    schedule: ScheduleOptions
    augmentation: AugmentationOptions
    training: TrainingOptions

    def dump(self) -> dict[str, Any]:
        """Return all of them as JSON knows it, nested."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            for name, value in values.items()
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> Self:
        """Return the recipe that was dumped."""
        kinds = get_type_hints(cls)
        return cls(
            **{
                name: kinds[name].model_validate(value) if issubclass(kinds[name], BaseModel) else value
                for name, value in dumped.items()
            }
        )

    def build_loss(self, statistics: ImageStatistics) -> Loss:
        """Build the loss, ready to train with."""
        return build_loss(self.loss, training_data(statistics))

    def build_optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Build the optimizer of a network on its device, each part of it at its own rate."""
        factors = rate_factors(network, self.training.fine_tuning)
        return build_optimizer(self.optimizer, network.parameters(), factors)

    @property
    def learning_rate(self) -> float:
        """The rate of the optimizer."""
        return float(self.optimizer.options["lr"])

    def at_rate(self, learning_rate: float) -> Self:
        """Return this recipe with another rate of the optimizer."""
        chosen = self.optimizer.chosen.model_copy(update={"lr": learning_rate})
        return replace(self, optimizer=self.optimizer.model_copy(update={self.optimizer.name: chosen}))


@contextmanager
def trained_on(
    recipe: Recipe,
    network: Classifier,
    criterion: Loss,
    sets: Sequence[TensorDataset],
    num_classes: int,
    cache: FeatureCache | None = None,
) -> Iterator[TrainedOn]:
    """Within the block yield what the network is trained on (the first set) and evaluated on (the others).

    Its last layer is fitted before, and features of a frozen body take the place of images, where the recipe
    says so.
    """
    if recipe.training.fine_tuning.head_start:
        start_head(network, sets[0], recipe.training, cache)
    with features_once(
        network,
        sets,
        criterion=criterion,
        options=recipe.training,
        augmentation=build_augmentation(recipe.augmentation),
        num_classes=num_classes,
        seed=recipe.seed,
        cache=cache,
    ) as ready:
        yield ready


def train_by(
    recipe: Recipe,
    network: Classifier,
    criterion: Loss,
    sets: Sets,
    *,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    cache: FeatureCache | None = None,
    on_epoch: Sequence[EpochListener] = (),
    may_share: bool = False,
) -> pd.DataFrame:
    """Train the network in place and return its history, as `loop.train` does.

    Features of a frozen body are taken from the cache, if there is one, and kept in it. Where that is allowed
    several processes share the batches, if the options say so.
    """
    training = recipe.training
    used = [sets.train, sets.validation, *([sets.test] if training.report_test_each_epoch else [])]
    num_classes = len(sets.statistics["class_names"])
    with trained_on(recipe, network, criterion, used, num_classes, cache) as used_now:
        if may_share and training.distributed.is_on:
            # what starts processes, and talks to them, is for those who want several
            from image_classification.learning.elastic.driver.training import train_apart  # noqa: PLC0415

            kept = checkpoints if isinstance(checkpoints, KeptCheckpoints) else None
            return train_apart(
                recipe, network, criterion, sets, used_now, checkpoints=kept, on_epoch=on_epoch
            )
        return train_used(recipe, network, criterion, used_now, checkpoints=checkpoints, on_epoch=on_epoch)


def train_used(
    recipe: Recipe,
    network: Classifier,
    criterion: Loss,
    used: TrainedOn,
    *,
    checkpoints: Checkpoints,
    on_epoch: Sequence[EpochListener],
    team: Team = ALONE,
    shown_by: Callable[[int, int, int], TrainingProgress] = TrainingProgress,
) -> pd.DataFrame:
    """Train the network in place on what `trained_on` yields, images or features; return its history."""
    training = recipe.training
    train_on, validate_on, *report_on = used.sets
    return train(
        network,
        train_on,
        validate_on,
        criterion=criterion,
        make_optimizer=recipe.build_optimizer,
        make_schedule=lambda built, updates: build_schedule(
            recipe.schedule, built, epochs=training.epochs, updates=updates
        ),
        options=training,
        seed=recipe.seed,
        augment=used.augment,
        test_set=report_on[0] if report_on else None,
        on_epoch=on_epoch,
        checkpoints=checkpoints,
        team=team,
        shown_by=shown_by,
    )


def keep_checkpoints(
    folder: CheckpointFolder,
    recipe: Recipe,
    network: Classifier,
    criterion: Loss,
    statistics: ImageStatistics,
    *,
    facts: Mapping[str, str],
    run_id: str | None = None,
    commit: str = "",
) -> KeptCheckpoints:
    """Begin a training whose checkpoints are kept, or resume the one that the options ask for.

    Args:
        folder: of the checkpoints of all trainings.
        recipe: of the training.
        network: with its first weights.
        criterion: the loss.
        statistics: of the images.
        facts: the parameters and the code, which have to be the same in a training that is resumed.
        run_id: of the record.
        commit: of the code, in words.

    Raises:
        UserError: another training was interrupted than is to be resumed.
    """
    return open_checkpoints(
        folder,
        recipe.training,
        facts={
            **facts,
            **data_facts(statistics),
            **version_facts(),
            **starting_facts(recipe, network, criterion),
        },
        recipe=recipe.dump(),
        network=network.description.model_dump(mode="json"),
        run_id=run_id,
        commit=commit,
    )


def starting_facts(recipe: Recipe, network: Classifier, criterion: Loss) -> dict[str, str]:
    """Return what a training by this recipe starts from, and how it computes here."""
    device = choose_device(recipe.training.device)
    return place_facts(network, criterion, device, number_format(recipe.training, recipe.optimizer, network))


def number_format(training: TrainingOptions, optimizer: OptimizerOptions, network: Classifier) -> torch.dtype:
    """Return the format that a network is trained in on the device of the options."""
    # the optimizer that evaluates the loss repeatedly computes in float32 only
    if optimizer.name == "lbfgs":
        return torch.float32
    return choose_precision(training.precision, choose_device(training.device), network)


def training_data(statistics: ImageStatistics) -> TrainingData:
    """Gather what a loss has to know about the data."""
    channels, height, width = statistics["image_shape"]
    counts = statistics["counts"]["train"]
    return TrainingData(
        class_names=tuple(statistics["class_names"]),
        class_counts=tuple(counts.get(name, 0) for name in statistics["class_names"]),
        image_shape=(channels, height, width),
    )
