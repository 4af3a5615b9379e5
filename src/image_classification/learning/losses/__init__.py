"""Losses: what is minimised, one module per idea, built by name."""

from image_classification.learning.losses.base import Loss
from image_classification.learning.losses.build import TrainingData, build_loss

__all__ = ["Loss", "TrainingData", "build_loss"]
