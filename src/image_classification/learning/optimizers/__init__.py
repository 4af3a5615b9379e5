"""Optimizers by name, with torch's own option names."""

from image_classification.learning.optimizers.build import (
    OptimizerOptions,
    build_optimizer,
    lay_out,
    learning_rate,
    needs_closure,
)
from image_classification.learning.optimizers.torch_optimizers import OPTIMIZERS

__all__ = ["OPTIMIZERS", "OptimizerOptions", "build_optimizer", "lay_out", "learning_rate", "needs_closure"]
