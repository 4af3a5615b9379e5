"""Which loss is minimised.

What each one compares, and where it comes from, is written in `image_classification.learning.losses`.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from image_classification.parameters.choices import Choice
from image_classification.parameters.kinds import ModellingSection, NotNegative, Positive

ClassWeights = Literal["balanced"] | Annotated[list[NotNegative], Field(min_length=2)] | None


class NegativeLogLikelihoodParameters(ModellingSection):
    """The negative logarithm of the probability that the network gives to the right class."""

    class_weights: ClassWeights = Field(
        default=None,
        description="What an image of each class counts: null, all the same; balanced, the inverse of the "
        "class's share of the training images; or a number per class. A mixed image counts as the mix of its "
        "images.",
    )


class CrossEntropyParameters(NegativeLogLikelihoodParameters):
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


class DistanceParameters(ModellingSection):
    """A distance between the network's output and the one-hot vector of the class."""

    of: Literal["probabilities", "logits"] = Field(
        default="probabilities", description="Which output is compared: after the softmax, or before."
    )


class MeanSquaredErrorParameters(DistanceParameters):
    """Mean squared difference of the network's output and the one-hot vector of the class."""


class EuclideanDistanceParameters(DistanceParameters):
    """Euclidean distance of the network's output and the one-hot vector of the class."""


class CosineDistanceParameters(DistanceParameters):
    """1 - cosine of the angle between the network's output and the one-hot vector of the class."""


class KullbackLeiblerParameters(ModellingSection):
    """Kullback-Leibler divergence of the network's probabilities from the target's; nothing to set."""


class DistillationParameters(ModellingSection):
    """Learn from the probabilities of a trained teacher as well as from the labels."""

    teacher: str | None = Field(
        default=None,
        description="Path of a trained network of this project, a .safetensors file; needed by this loss.",
    )
    temperature: Positive = Field(
        default=4.0, description="How much the probabilities of both networks are evened out."
    )
    teacher_weight: float = Field(
        default=0.9, ge=0.0, le=1.0, description="Share of the teacher in the loss; the labels have the rest."
    )


BLOCKS: dict[str, type[ModellingSection]] = {
    "cross_entropy": CrossEntropyParameters,
    "negative_log_likelihood": NegativeLogLikelihoodParameters,
    "mean_squared_error": MeanSquaredErrorParameters,
    "euclidean_distance": EuclideanDistanceParameters,
    "cosine_distance": CosineDistanceParameters,
    "kullback_leibler": KullbackLeiblerParameters,
    "distillation": DistillationParameters,
}


class Term(ModellingSection):
    """A loss in a weighted sum: its name, its weight, and its own options beside them."""

    name: str = Field(description="The loss.")
    weight: NotNegative = Field(default=1.0, description="What the loss is multiplied with.")

    @property
    def options(self) -> dict[str, Any]:
        """The options of the loss by name, ready to be keyword arguments."""
        names = [name for name in type(self).model_fields if name not in Term.model_fields]
        return {name: getattr(self, name) for name in names}


def _term(name: str, block: type[ModellingSection]) -> type[Term]:
    """The term that takes just the options of one loss."""
    field: Any = (Literal[name], Field(description="The loss."))
    title = block.__name__.replace("Parameters", "Term")
    # a global under its own name, without which no process could send one to another
    globals()[title] = create_model(
        title, __base__=(Term, block), __module__=__name__, __doc__=block.__doc__, name=field
    )
    term: type[Term] = globals()[title]
    return term


AnyTerm: Any = Annotated[
    reduce(or_, (_term(name, block) for name, block in BLOCKS.items())), Field(discriminator="name")
]


class WeightedSumParameters(ModellingSection):
    """The sum of several losses, each with a weight: L = L1 + λ·L2."""

    if TYPE_CHECKING:
        terms: list[Term] = []
    else:
        terms: list[AnyTerm] = Field(
            default=[],
            description="The losses to add, such as [{name: cross_entropy}, {name: cosine_distance, "
            "weight: 0.5}]; each takes its own options beside name and weight. Needed by this loss.",
        )


class LossParameters(Choice):
    """Which loss is minimised, and with which options."""

    name: Literal[
        "cross_entropy",
        "negative_log_likelihood",
        "mean_squared_error",
        "euclidean_distance",
        "cosine_distance",
        "kullback_leibler",
        "distillation",
        "weighted_sum",
    ] = Field(default="cross_entropy", description="The loss to minimise.")
    cross_entropy: CrossEntropyParameters = Field(
        default=CrossEntropyParameters(), description="Options of the cross entropy."
    )
    negative_log_likelihood: NegativeLogLikelihoodParameters = Field(
        default=NegativeLogLikelihoodParameters(), description="Options of the negative log-likelihood."
    )
    mean_squared_error: MeanSquaredErrorParameters = Field(
        default=MeanSquaredErrorParameters(), description="Options of the mean squared error."
    )
    euclidean_distance: EuclideanDistanceParameters = Field(
        default=EuclideanDistanceParameters(), description="Options of the Euclidean distance."
    )
    cosine_distance: CosineDistanceParameters = Field(
        default=CosineDistanceParameters(), description="Options of the cosine distance."
    )
    kullback_leibler: KullbackLeiblerParameters = Field(
        default=KullbackLeiblerParameters(), description="Nothing to set."
    )
    distillation: DistillationParameters = Field(
        default=DistillationParameters(), description="Options of learning from a teacher."
    )
    weighted_sum: WeightedSumParameters = Field(
        default=WeightedSumParameters(), description="Options of the sum of several losses."
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if self.name == "weighted_sum" and not self.weighted_sum.terms:
            raise ValueError("expected the losses to add in weighted_sum.terms")
        if self.name == "distillation" and self.distillation.teacher is None:
            raise ValueError("expected the path of a trained network in distillation.teacher")
        terms = self.weighted_sum.terms if self.name == "weighted_sum" else []
        if any(isinstance(term, DistillationParameters) and term.teacher is None for term in terms):
            raise ValueError("expected the path of a trained network as teacher of the term distillation")
        return self
