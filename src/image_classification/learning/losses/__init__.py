"""Losses: which one is minimised is chosen by name and built for the data."""

from typing import Self

from pydantic import model_validator

# the import of a loss registers it
from image_classification.learning.losses import (  # noqa: F401
    cross_entropy,
    distances,
)
from image_classification.learning.losses.base import LOSSES, Loss, TrainingData
from image_classification.learning.losses.distillation import Distillation
from image_classification.learning.losses.weighted_sum import WeightedSum
from image_classification.registry import Choice

__all__ = ["LOSSES", "Loss", "LossOptions", "TrainingData", "build_loss"]


class LossOptions(Choice, of=LOSSES, default="cross_entropy"):
    """Which loss is minimised, and with which options."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        options = self.chosen
        terms = options.terms if isinstance(options, WeightedSum.Options) else []
        if isinstance(options, WeightedSum.Options) and not terms:
            raise ValueError("expected the losses to add in weighted_sum.terms")
        if isinstance(options, Distillation.Options) and options.teacher is None:
            raise ValueError("expected the path of a trained network in distillation.teacher")
        if any(isinstance(term, Distillation.Options) and term.teacher is None for term in terms):
            raise ValueError("expected the path of a trained network as teacher of the term distillation")
        return self


def build_loss(loss: LossOptions, data: TrainingData, *, measure_only: bool = False) -> Loss:
    """Build the loss that is named.

    Args:
        loss: its name and options.
        data: the training data.
        measure_only: for validation and test alone. No teacher is loaded: it has no say there, and may be
            gone, or replaced, by then.

    Raises:
        UserError: the options do not fit the data, or a teacher cannot be used.
    """
    built = LOSSES[loss.name](loss.chosen, data)
    if not measure_only:
        built.prepare()
    return built
