"""Distances between the network's output and the one-hot vector of the class, or class probabilities.

The output is softmax(logits) or the logits themselves, (B, classes).
"""

from abc import abstractmethod

from pydantic import Field
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import cosine_similarity, mse_loss

from image_classification.learning.losses.base import LOSSES, Loss, Output, as_probabilities, output
from image_classification.options import ModellingSection


class Distance(Loss):
    """A distance of two vectors per image."""

    class Options(ModellingSection):
        """A distance between the network's output and the one-hot vector of the class."""

        of: Output = Field(
            default="probabilities",
            description="Which output is compared: after the softmax, or before.",
        )

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean distance, a scalar."""
        return self.distance(output(logits, self.options.of), as_probabilities(labels, logits))

    @abstractmethod
    def distance(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean distance of outputs and targets, both (B, classes)."""


@LOSSES.register("mean_squared_error")
class MeanSquaredError(Distance):
    """Mean of the squared differences, over images and classes.

    Of probabilities it is the Brier score divided by the classes. Source: torch.nn.MSELoss; G. Brier,
    "Verification of Forecasts Expressed in Terms of Probability", 1950.
    """

    def distance(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean squared difference, a scalar."""
        return mse_loss(outputs, targets)


@LOSSES.register("euclidean_distance")
class EuclideanDistance(Distance):
    """Length of the difference of the two vectors: √Σ_c (o_c - t_c)². Source: torch.nn.PairwiseDistance."""

    def distance(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean length of the differences, a scalar."""
        lengths: Tensor = vector_norm(outputs - targets, dim=1)  # (B,)
        return lengths.mean()


@LOSSES.register("cosine_distance")
class CosineDistance(Distance):
    """1 - cosine of the angle between the two vectors: 0 for the same direction, 1 for a right angle.

    It tells the angle alone, not the lengths. The cosine stands for the angle, because the gradient of the
    angle itself is infinite where the vectors agree. Source: torch.nn.CosineEmbeddingLoss.
    """

    def distance(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean of 1 - cosine, a scalar."""
        return (1 - cosine_similarity(outputs, targets, dim=1)).mean()
