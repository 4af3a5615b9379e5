"""What is best so far: keeping its weights, and ending a training that no longer gets better, or diverged."""

import logging
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.not_finite import LossWatch
from image_classification.learning.options import EarlyStoppingOptions, Metric, TrainingOptions


def is_better(metric: Metric, value: float, best: float, min_delta: float = 0.0) -> bool:
    """Tell whether a value is better by more than `min_delta`: a lower loss, a higher accuracy."""
    gain = best - value if metric == "validation/loss" else value - best
    return gain > min_delta


def worst(metric: Metric) -> float:
    """Return what every value is better than."""
    return float("inf") if metric == "validation/loss" else float("-inf")


def check_there_is_validation(options: TrainingOptions, num_validation_images: int) -> None:
    """Refuse to choose anything by validation (UserError) where there are no validation images."""
    if num_validation_images:
        return
    wanted = {
        EarlyStoppingOptions.named("metric"): options.early_stopping.metric is not None,
        f"{TrainingOptions.named('keep')}=best": options.keep == "best",
    }
    for option, is_wanted in wanted.items():
        if is_wanted:
            raise UserError(
                f"{option} needs validation images, and the split leaves none. "
                "Set a share for them (split.validation of the source), or leave the option out."
            )


class EarlyStopping:
    """Counts the validations in a row that brought no improvement.

    Attributes:
        is_over: whether the training has ended, by this or because it diverged.
    """

    def __init__(self, options: EarlyStoppingOptions) -> None:
        self._options = options
        self._best = worst(options.metric) if options.metric else 0.0
        self._waited = 0
        self.best_epoch = 0
        self.is_over = False

    def should_stop(self, epoch: int, row: Mapping[str, float]) -> bool:
        """Tell whether to end after this epoch; an epoch without validation changes nothing."""
        metric = self._options.metric
        if metric is None or metric not in row:
            return False
        if is_better(metric, row[metric], self._best, self._options.min_delta):
            self._best, self._waited, self.best_epoch = row[metric], 0, epoch
        else:
            self._waited += 1
        return self._waited >= self._options.patience

    def state_dict(self) -> dict[str, Any]:
        """Return what was best, how long ago that was, and whether the training has ended."""
        names = ("best", "waited", "best_epoch", "is_over")
        return dict(zip(names, (self._best, self._waited, self.best_epoch, self.is_over), strict=True))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another training."""
        self._best, self._waited = state["best"], state["waited"]
        self.best_epoch, self.is_over = state["best_epoch"], state["is_over"]


class BestWeights:
    """Keeps a copy of the weights, and of batch statistics, of the epoch that validated best.

    Args:
        network: on its device already, where the copy stays.
        options: whether the best are kept at all, and by which metric.
    """

    def __init__(self, network: nn.Module, options: TrainingOptions) -> None:
        self._network = network
        self.metric: Metric | None = None
        if options.keep == "best":
            self.metric = options.early_stopping.metric or "validation/accuracy"
        self._best = worst(self.metric) if self.metric else 0.0
        self._weights: dict[str, torch.Tensor] = {}
        self.epoch = 0

    def remember(self, epoch: int, row: Mapping[str, float]) -> None:
        """Copy the network's weights if they are the best so far; the first of equals are kept."""
        if self.metric in row and self.metric and is_better(self.metric, row[self.metric], self._best):
            self._best, self.epoch = row[self.metric], epoch
            self._weights = {name: tensor.clone() for name, tensor in self._network.state_dict().items()}

    def restore(self) -> bool:
        """Give the network its best weights back; False where none were kept."""
        if self._weights:
            self._network.load_state_dict(self._weights)
        return bool(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the best weights, and which epoch they are of."""
        return {"best": self._best, "epoch": self.epoch, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another training."""
        self._best, self.epoch = state["best"], state["epoch"]
        own = self._network.state_dict()
        # where the network is, and laid out as its own
        self._weights = {name: own[name].clone().copy_(tensor) for name, tensor in state["weights"].items()}


logger = logging.getLogger(__name__)


def end_if_over(
    epoch: int,
    row: Mapping[str, float],
    epochs: int,
    best: BestWeights,
    stopping: EarlyStopping,
    say: Callable[[str], None],
    watch: LossWatch | None = None,
) -> None:
    """End the training after this epoch (`stopping.is_over`) if it no longer gets better, and say why.

    A training that diverges after an epoch whose weights are kept ends with those, and with a warning.

    Raises:
        UserError: the loss is no longer a number, and there is no earlier epoch to keep.
    """
    if watch and (summary := watch.summary()):
        say(summary)
    loss = row["train/loss"]
    if not isfinite(loss):
        message = (
            f"The training loss became {loss} in epoch {epoch}: the training diverged. "
            "Lower the learning rate (the optimizer's lr), or look for broken images or labels."
            f"{watch.first_images() if watch else ''}"
        )
        if not best.epoch:
            raise UserError(message)
        logger.warning("%s It ends here, with the weights of epoch %d.", message, best.epoch)
        stopping.is_over = True
    elif stopping.should_stop(epoch, row):
        stopping.is_over = True
        if epoch < epochs:
            say(f"Stopped early: no improvement since epoch {stopping.best_epoch}.")
