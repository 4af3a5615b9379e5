"""The range test: a copy of the network is trained as the network will be, while the learning rate rises."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import TensorDataset

from image_classification.console import quietly, say
from image_classification.errors import UserError
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.loop import train
from image_classification.learning.losses import Loss
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import AverageWeightsOptions, EarlyStoppingOptions, TrainingOptions
from image_classification.learning.rate_finder.found import more_updates, nothing_found, what_was_tried
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.suggestion import suggested_rate, table_of
from image_classification.learning.recipe import Recipe, trained_on
from image_classification.learning.schedules import Schedule
from image_classification.networks import Classifier

# the running mean of the losses explodes where it is so many times the highest of those at the beginning
_EXPLODES = 2.0
_KEPT = 0.8  # of the running mean by each further loss
_IN_A_ROW = 3  # losses that are no numbers end the test, where some are allowed
# these set the length of each step by more than a rate
_HAVE_NO_RATE = {
    "lbfgs": "searches each step anew by its curvature and several losses",
    "rprop": "sets the step of each weight by itself",
}


def try_rates(
    recipe: Recipe,
    options: FindLearningRateOptions,
    network: Classifier,
    criterion: Loss,
    train_set: TensorDataset,
    *,
    num_classes: int,
    cache: FeatureCache | None = None,
) -> pd.DataFrame:
    """Try learning rates on a copy of the network, and say what was found; the network stays as it is.

    Batches, augmentation, precision, frozen parts and the rates of the body are those of the training.

    Returns:
        A row per update: rate, loss (before the update), smoothed; no rows where there is to be no test.

    Raises:
        UserError: the optimizer or the schedule has no use for the rate, or none is found where it is to be
            used.
    """
    if options.mode == "off":
        return table_of(np.empty(0), np.empty(0))
    _require_use(recipe, options)
    started = perf_counter()
    rates = np.geomspace(options.lowest, options.highest, options.updates)
    # a loss that is small from the start may double by chance: the cross entropy of mere guesses is harmless
    losses = _Losses(len(rates), math.log(num_classes), may_lack_some=recipe.training.not_finite == "skip")
    copy = deepcopy(network)
    with quietly(), trained_on(recipe, copy, criterion, [train_set], num_classes, cache) as ready:
        empty = TensorDataset(torch.empty(0), torch.empty(0, dtype=torch.int64))
        with losses.until_the_last():
            train(
                copy,
                ready.sets[0],
                empty,
                criterion=criterion,
                make_optimizer=recipe.build_optimizer,
                make_schedule=_rising(rates, recipe.learning_rate),
                options=_of_the_test(recipe.training, options.updates),
                seed=recipe.seed,
                augment=ready.augment,
                on_batch=[lambda epoch, batch, loss: losses.add(loss)],  # noqa: ARG005
            )
    tried = losses.finite()
    table = table_of(rates[tried], losses.values[tried])
    _tell(recipe, options, table, perf_counter() - started)
    return table


class _TestOverError(Exception):
    """Ends the training of the copy."""


class _Losses:
    """The losses of the test, which ends when there are enough, they explode, or they are no numbers.

    Args:
        most: updates of the test.
        harmless: a mean that is no explosion, whatever it was before.
        may_lack_some: a batch whose loss is no number is left out by the training, too.
    """

    def __init__(self, most: int, harmless: float, *, may_lack_some: bool) -> None:
        self._most = most
        self._harmless = harmless
        self._allowed = _IN_A_ROW if may_lack_some else 1
        self._given: list[float] = []
        self._mean = 0.0

    @property
    def values(self) -> np.ndarray:
        """The loss of each update, (n,) float64."""
        return np.array(self._given)

    def finite(self) -> np.ndarray:
        """Return the updates, (m,) int64, whose losses are numbers."""
        return np.flatnonzero(np.isfinite(self.values))

    @contextmanager
    def until_the_last(self) -> Iterator[None]:
        """Leave the block where the test is over, or the training itself ends as its loss is no number."""
        try:
            yield
        except _TestOverError:
            pass
        except UserError:
            if not self._given or math.isfinite(self._given[-1]):
                raise

    def add(self, loss: float) -> None:
        """Take the loss of the next update.

        Raises:
            _TestOverError: it was the last.
        """
        self._given.append(loss)
        lost = all(not math.isfinite(each) for each in self._given[-self._allowed :])
        if (lost and len(self._given) >= self._allowed) or self._explodes(loss):
            raise _TestOverError
        if len(self._given) == self._most:
            raise _TestOverError

    def _explodes(self, loss: float) -> bool:
        if not math.isfinite(loss):
            return False
        beginning = self._given[: max(5, self._most // 10)]
        self._mean = loss if len(self._given) == 1 else _KEPT * self._mean + (1 - _KEPT) * loss
        before = max(abs(each) for each in beginning if math.isfinite(each))
        return self._mean > max(_EXPLODES * before, self._harmless)


def _rising(rates: np.ndarray, usual: float) -> Callable[[Optimizer, int], Schedule]:
    """Return what makes the schedule: the rates one after the other, for all groups alike.

    Args:
        rates: (n,).
        usual: the rate that the optimizer is built with; a group that has another one keeps its share.
    """

    def factor(update: int) -> float:
        return float(rates[min(update, len(rates) - 1)]) / usual

    return lambda optimizer, _: Schedule(optimizer, LambdaLR(optimizer, factor), per_update=True)


def _of_the_test(training: TrainingOptions, updates: int) -> TrainingOptions:
    """Return the options of a training that lasts long enough and has each loss looked at."""
    return training.model_copy(
        update={
            "epochs": updates,  # each has one update at least
            "log_every_batches": 1,
            "keep": "last",
            "early_stopping": EarlyStoppingOptions(),
            "average_weights": AverageWeightsOptions(),
        }
    )


def _require_use(recipe: Recipe, options: FindLearningRateOptions) -> None:
    """Refuse a test that could say nothing, or whose result would change nothing."""
    name, schedule = recipe.optimizer.name, recipe.schedule
    if name in _HAVE_NO_RATE:
        raise UserError(
            f"No test finds the learning rate of the optimizer {name}, which {_HAVE_NO_RATE[name]}.\n"
            f"Set {FindLearningRateOptions.setting(mode='off')}, or choose another optimizer "
            f"({OptimizerOptions.named('name')})."
        )
    if options.mode == "use" and schedule.options.get("max_lr") is not None:
        cyclic = type(schedule.chosen)
        raise UserError(
            f"The schedule {schedule.name} has a highest rate of its own ({cyclic.named('max_lr')} is "
            f"{schedule.options['max_lr']:g}): one that is found would change nothing.\n"
            f"Make it null, or set {FindLearningRateOptions.setting(mode='suggest')}"
        )


def _tell(recipe: Recipe, options: FindLearningRateOptions, table: pd.DataFrame, seconds: float) -> None:
    """Say what was found.

    Raises:
        UserError: nothing, and it is to be used.
    """
    rate = suggested_rate(table)
    tried = f"{what_was_tried(options, table)}, {seconds:.1f} s"
    if rate is not None:
        setting = type(recipe.optimizer.chosen).setting(lr=rate)
        then = f"Used instead of {recipe.learning_rate:g}." if options.mode == "use" else f"Set it: {setting}"
        say(f"Learning rate: the loss falls fastest at {rate:g} ({tried}). {then}")
    elif options.mode == "use":
        raise UserError(nothing_found(options, table))
    else:
        said = f"none found, the loss does not fall more than by chance ({tried})"
        say(f"Learning rate: {said}. Try more updates: {more_updates(options)}")
