"""Cross entropy and negative log-likelihood: how surprising the right class is to the network.

Both compare softmax(logits) with class indices or class probabilities t: -Σ_c t_c · log p_c. For class
indices that is -log of the right class's probability. Source: torch.nn.CrossEntropyLoss, torch.nn.NLLLoss;
C. Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.4.

With weights for the classes an image counts by the weight of its own class: its loss, smoothed or not, times
that weight; an image mixed of two, by the mix of their weights. In torch the weights multiply the parts of
the target instead, so that what smoothing spreads to a rare class weighs as if it were an image of it: with
the classes 25:1 and 10 % smoothed, a network that answers the rare class for everything has the lower loss.

The mean is taken over the images, whichever target there is; torch divides by the images' weights, but only
where targets are class indices. Thus accumulated batches add up exactly, and `balanced` weights, whose mean
over the training images is 1, leave the size of the loss as it is.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from image_classification.errors import UserError
from image_classification.learning.losses.base import Loss, as_probabilities

ClassWeights = Sequence[float] | Literal["balanced"] | None


class CrossEntropy(Loss):
    """The cross entropy between targets and probabilities.

    Args:
        targets: `probabilities` makes class indices one-hot first. The loss is the same.
        label_smoothing: share of each target that is spread evenly over all classes (C. Szegedy et al.,
            "Rethinking the Inception Architecture for Computer Vision", 2016).
        weights: what an image of each class counts, (classes,) float; None: all the same.
    """

    weights: Tensor | None

    def __init__(
        self,
        *,
        targets: Literal["indices", "probabilities"] = "indices",
        label_smoothing: float = 0.0,
        weights: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.targets = targets
        self.label_smoothing = label_smoothing
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Return the mean cross entropy, a scalar."""
        if self.targets == "probabilities":
            labels = as_probabilities(labels, logits)
        if self.weights is None:
            return cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        losses = cross_entropy(logits, labels, label_smoothing=self.label_smoothing, reduction="none")
        return (losses * image_weights(labels, self.weights)).mean()


class NegativeLogLikelihood(Loss):
    """The negative log-likelihood of log-probabilities, which the softmax makes of the logits first."""

    weights: Tensor | None

    def __init__(self, *, weights: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Return the mean negative log-likelihood, a scalar."""
        log_probabilities = logits.log_softmax(dim=1)  # (B, classes)
        losses = (
            nll_loss(log_probabilities, labels, reduction="none")
            if labels.ndim == 1
            else -(labels * log_probabilities).sum(dim=1)
        )
        return (losses if self.weights is None else losses * image_weights(labels, self.weights)).mean()


def image_weights(labels: Tensor, weights: Tensor) -> Tensor:
    """What each image counts, (B,), by the weights of the classes, (classes,).

    Of class indices (B,) it is the weight of the class; of class probabilities (B, classes), the mean weight.
    """
    return weights[labels] if labels.ndim == 1 else labels.to(weights.dtype) @ weights


def class_weights(weights: ClassWeights, class_counts: Sequence[int]) -> Tensor | None:
    """Return the weight of each class, (classes,) float32.

    `balanced` is images / (classes · images of the class), as in scikit-learn: the rarer, the weightier. A
    class without training images has weight 0.

    Raises:
        UserError: there are not as many weights as classes.
    """
    if weights is None:
        return None
    counts = torch.tensor(class_counts, dtype=torch.float64)
    if weights == "balanced":
        present = int((counts > 0).sum())
        return torch.where(counts > 0, counts.sum() / (present * counts.clamp(min=1)), 0.0).float()
    if len(weights) != len(class_counts):
        raise UserError(
            f"class_weights of the loss has {len(weights)} numbers, but the data has {len(class_counts)} "
            "classes: give one number per class, in the order of the class names, or 'balanced'."
        )
    return torch.tensor(weights, dtype=torch.float32)
