"""Losses: what is minimised, one module per idea, chosen by name."""

# the import of a loss registers it
from image_classification.learning.losses import (  # noqa: F401
    cross_entropy,
    distances,
    distillation,
    divergence,
)
from image_classification.learning.losses.base import LOSSES, Loss, TrainingData
from image_classification.learning.losses.build import LossOptions, build_loss

__all__ = ["LOSSES", "Loss", "LossOptions", "TrainingData", "build_loss"]
