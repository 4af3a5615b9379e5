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
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, nll_loss

from image_classification.errors import UserError
from image_classification.learning.losses.base import LOSSES, Loss, TrainingData, as_probabilities
from image_classification.options import ModellingSection, NotNegative
from image_classification.words import count_of


class Weighted(Loss):
    """A loss in which the images of each class have a weight."""

    class Options(ModellingSection):
        """What an image of each class counts."""

        class_weights: Literal["balanced"] | Annotated[list[NotNegative], Field(min_length=2)] | None = Field(
            default=None,
            description="What an image of each class counts: null, all the same; balanced, the inverse of "
            "the class's share of the training images; or a number per class. A mixed image counts as the "
            "mix of its images.",
        )

    weights: Tensor | None  # (classes,) float; None: all the same

    def __init__(self, options: Options, data: TrainingData) -> None:
        super().__init__(options, data)
        self.register_buffer("weights", class_weights(options, data.class_counts))


@LOSSES.register("cross_entropy")
class CrossEntropy(Weighted):
    """The cross entropy between targets and probabilities.

    Source of smoothing: C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
    """

    class Options(Weighted.Options):
        """Cross entropy of logits with class indices or class probabilities."""

        targets: Literal["indices", "probabilities"] = Field(
            default="indices",
            description="What it is computed from: class indices, or (one-hot) class probabilities.",
        )
        label_smoothing: float = Field(
            default=0.0,
            ge=0.0,
            le=1.0,
            description="Share of the target that is spread evenly over all classes.",
        )

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross entropy, a scalar."""
        smoothing = self.options.label_smoothing
        if self.options.targets == "probabilities":
            labels = as_probabilities(labels, logits)
        if self.weights is None:
            return cross_entropy(logits, labels, label_smoothing=smoothing)
        losses = cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
        return (losses * image_weights(labels, self.weights)).mean()


@LOSSES.register("negative_log_likelihood")
class NegativeLogLikelihood(Weighted):
    """The negative log-likelihood of log-probabilities, which the softmax makes of the logits first."""

    class Options(Weighted.Options):
        """The negative logarithm of the probability that the network gives to the right class."""

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean negative log-likelihood, a scalar."""
        log_probabilities = logits.log_softmax(dim=1)  # (B, classes)
        losses = (
            nll_loss(log_probabilities, labels, reduction="none")
            if labels.ndim == 1
            else -(labels * log_probabilities).sum(dim=1)
        )
        return (losses if self.weights is None else losses * image_weights(labels, self.weights)).mean()


def image_weights(labels: Tensor, weights: Tensor) -> Tensor:
    """Return the weight of each image, (B,), given those of the classes, (classes,).

    Of class indices (B,) it is the weight of the class; of class probabilities (B, classes), the mean weight.
    """
    return weights[labels] if labels.ndim == 1 else labels.to(weights.dtype) @ weights


def class_weights(options: Weighted.Options, class_counts: Sequence[int]) -> Tensor | None:
    """Return the weight of each class, (classes,) float32.

    `balanced` is images / (classes · images of the class), as in scikit-learn: the rarer, the weightier. A
    class without training images has weight 1: an image of it, in the test set alone, counts like the mean.

    Raises:
        UserError: there are not as many weights as classes.
    """
    weights = options.class_weights
    if weights is None:
        return None
    counts = torch.tensor(class_counts, dtype=torch.float64)
    if weights == "balanced":
        present = int((counts > 0).sum())
        return torch.where(counts > 0, counts.sum() / (present * counts.clamp(min=1)), 1.0).float()
    if len(weights) != len(class_counts):
        raise UserError(
            f"{options.named('class_weights')} has {count_of(len(weights), 'number')}, but the data has "
            f"{count_of(len(class_counts), 'class', 'classes')}: give one for each, in the order of the "
            "class names, or 'balanced'."
        )
    return torch.tensor(weights, dtype=torch.float32)


@LOSSES.register("kullback_leibler")
class KullbackLeibler(Loss):
    """Compares softmax(logits) p with class probabilities t: Σ_c t_c · log(t_c / p_c), per image.

    It is the cross entropy less the entropy of the target, so for class indices, whose one-hot vectors have
    none, the two are the same. Source: torch.nn.KLDivLoss; S. Kullback and R. Leibler, "On Information and
    Sufficiency", 1951.
    """

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean divergence, a scalar."""
        return kl_div(logits.log_softmax(dim=1), as_probabilities(labels, logits), reduction="batchmean")
