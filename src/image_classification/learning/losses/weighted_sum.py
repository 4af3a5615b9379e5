"""Several losses added: L = Σ weight · loss, such as L1 + λ·L2."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field, create_model
from torch import Tensor, nn

from image_classification.learning.losses.base import LOSSES, Loss, TrainingData
from image_classification.options import ModellingSection, NotNegative, Section


class Term(ModellingSection):
    """A loss in a weighted sum: its name, its weight, and its own options beside them."""

    name: str = Field(description="The loss.")
    weight: NotNegative = Field(default=1.0, description="Factor of the loss.")


def _term(name: str, options: type[Section]) -> type[Term]:
    """Make the term that takes the options of one loss."""
    field: Any = (Literal[name], Field(description="The loss."))
    bases: Any = (Term, options)
    title = f"{name.title().replace('_', '')}Term"
    create: Any = create_model  # its types know no class with two bases
    made: type[Term] = create(title, __base__=bases, __module__=__name__, __doc__=options.__doc__, name=field)
    return made


# of all losses that are registered before this module is imported
_TERMS = {term.__name__: term for term in (_term(name, options) for name, options in LOSSES.options.items())}
AnyTerm: Any = Annotated[reduce(or_, _TERMS.values()), Field(discriminator="name")]


def __getattr__(name: str) -> type[Term]:
    """Find a term by the name of its class: pickle, which sends it to other processes, has to."""
    if name not in _TERMS:
        raise AttributeError(name)
    return _TERMS[name]


@LOSSES.register("weighted_sum")
class WeightedSum(Loss):
    """The sum of losses, each times its weight; each compares what it compares alone."""

    class Options(ModellingSection):
        """The sum of several losses, each with a weight: L = L1 + λ·L2."""

        terms: list[AnyTerm] = Field(
            default=[],
            description="The losses to add, such as [{name: cross_entropy}, {name: cosine_distance, "
            "weight: 0.5}]; each takes its own options beside name and weight. Needed by this loss.",
        )

    def __init__(self, options: Options, data: TrainingData) -> None:
        super().__init__(options, data)
        self.losses = nn.ModuleList(LOSSES[term.name](term, data) for term in options.terms)
        self.weights = [term.weight for term in options.terms]

    def prepare(self) -> None:
        """Load what only training needs, for each loss."""
        for loss in self._losses():
            loss.prepare()

    @property
    def needs_images(self) -> bool:
        """Whether any of the losses does."""
        return any(loss.needs_images for loss in self._losses())

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the weighted sum, a scalar."""
        return self._total([loss(logits, labels) for loss in self._losses()])

    def while_training(self, logits: Tensor, labels: Tensor, images: Tensor) -> Tensor:
        """Return the weighted sum of what each minimises, a scalar."""
        return self._total([loss.while_training(logits, labels, images) for loss in self._losses()])

    def _losses(self) -> list[Loss]:
        return list(self.losses)  # type: ignore[arg-type]  # torch types its lists as modules

    def _total(self, losses: list[Tensor]) -> Tensor:
        terms = [weight * loss for weight, loss in zip(self.weights, losses, strict=True)]
        total: Tensor = sum(terms[1:], start=terms[0])
        return total
