"""What the training loop tells while it goes on: the parts that have a state, and when one may be saved."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import nn

from image_classification.learning.averaging import WeightAverage
from image_classification.learning.checkpoints.epoch import Epoch
from image_classification.learning.early_stopping import BestWeights, EarlyStopping
from image_classification.learning.schedules import Schedule
from image_classification.learning.update import Update

# a row per epoch
History = list[dict[str, Any]]


@dataclass(frozen=True)
class Parts:
    """Everything in a training that changes from update to update, each with a state of its own.

    A schedule comes after its optimizer, whose rates it may have to set anew.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    update: Update
    average: WeightAverage
    best: BestWeights
    stopping: EarlyStopping

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all of them."""
        return {field.name: getattr(self, field.name).state_dict() for field in fields(self)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the states of another training."""
        for field in fields(self):
            getattr(self, field.name).load_state_dict(state[field.name])


class Checkpoints:
    """What the loop tells; this one keeps nothing, and every training begins at its beginning."""

    def restore(self, parts: Parts, epochs: int, batches: int) -> History:  # noqa: ARG002
        """Give the parts the state of the training that is resumed; return a row per epoch that it did."""
        return []

    def saving_when_interrupted(self) -> AbstractContextManager[None]:
        """Within the block save a training that is asked to end, before it does."""
        return nullcontext()

    def take_up(self, epoch: Epoch) -> None:
        """Give an epoch that begins the state of the one that was interrupted, if it is that."""

    def after_update(self, epoch: Epoch, history: History) -> None:
        """Take a checkpoint within the epoch if it is time."""

    def after_epoch(self, history: History, *, is_over: bool) -> None:
        """Take a checkpoint if it is time, and in any case if the training is over."""


NO_CHECKPOINTS = Checkpoints()
