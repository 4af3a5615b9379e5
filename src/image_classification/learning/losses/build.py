"""Build a loss from its parameters and what it has to know of the data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from image_classification.learning.losses.base import Loss
from image_classification.learning.losses.distances import CosineDistance, EuclideanDistance, MeanSquaredError
from image_classification.learning.losses.distillation import Distillation, load_teacher
from image_classification.learning.losses.divergence import KullbackLeibler
from image_classification.learning.losses.likelihood import CrossEntropy, NegativeLogLikelihood, class_weights
from image_classification.learning.losses.weighted_sum import WeightedSum
from image_classification.parameters.loss import LossParameters, Term


@dataclass(frozen=True)
class TrainingData:
    """What a loss may have to know of the data.

    Args:
        class_names: in the order of the logits.
        class_counts: training images of each class.
        image_shape: (C, H, W).
    """

    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    image_shape: tuple[int, int, int]


def build_loss(loss: LossParameters, data: TrainingData, *, measure_only: bool = False) -> Loss:
    """Build the loss that is named.

    Args:
        loss: its name and options.
        data: the training data.
        measure_only: for validation and test alone. No teacher is loaded: it has no say there, and may be
            gone, or replaced, by then.

    Raises:
        UserError: the options do not fit the data, or a teacher cannot be used.
    """
    if loss.name == "weighted_sum":
        terms: list[Term] = loss.weighted_sum.terms
        losses = [_build(term.name, term.options, data, measure_only=measure_only) for term in terms]
        return WeightedSum(losses, [term.weight for term in terms])
    return _build(loss.name, loss.options, data, measure_only=measure_only)


_SIMPLE: dict[str, Callable[..., Loss]] = {
    "mean_squared_error": MeanSquaredError,
    "euclidean_distance": EuclideanDistance,
    "cosine_distance": CosineDistance,
    "kullback_leibler": KullbackLeibler,
}
_WEIGHTED: dict[str, Callable[..., Loss]] = {
    "cross_entropy": CrossEntropy,
    "negative_log_likelihood": NegativeLogLikelihood,
}


def _build(name: str, options: dict[str, Any], data: TrainingData, *, measure_only: bool) -> Loss:
    if name == "distillation":
        path = options.pop("teacher")
        teacher = None if measure_only else load_teacher(path, data.class_names, data.image_shape)
        return Distillation(teacher, **options)
    if name in _WEIGHTED:
        weights = class_weights(options.pop("class_weights"), data.class_counts)
        return _WEIGHTED[name](weights=weights, **options)
    return _SIMPLE[name](**options)
