"""The optimizers of torch.optim that work on dense parameters, with torch's own options.

https://docs.pytorch.org/docs/stable/optim.html
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from torch import optim

from image_classification.learning.torch_options import Option, options_block
from image_classification.options import (
    LARGEST_FLOAT,
    Betas,
    Count,
    ModellingSection,
    NotNegative,
    NoZero,
    Positive,
    Section,
)
from image_classification.registry import Registry

# by the name that a configuration uses: torch's own in lower case
OPTIMIZERS: Registry[type[optim.Optimizer]] = Registry("optimizer")

# SparseAdam wants sparse gradients, which no network here has; Muon takes matrices alone, and every network
# here has biases or convolutions too.
_NOT_DENSE = {"SparseAdam", "Muon"}
# the usual ones first: that is the order in which they are offered
_COMMON = ("Adam", "AdamW", "SGD")
# how torch computes (foreach, fused, capturable, differentiable) is not configurable: the training chooses
# the fastest; and nobody maximises a loss
_LEFT_OUT = {"foreach", "fused", "capturable", "differentiable", "maximize"}


def _dense_optimizers() -> dict[str, type[optim.Optimizer]]:
    found = {
        name: kind
        for name, kind in vars(optim).items()
        if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer
    }
    names = [*_COMMON, *sorted(set(found) - set(_COMMON) - _NOT_DENSE)]
    return {name.lower(): found[name] for name in names}


Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
_FirstEta = Annotated[float, Field(gt=0.0, lt=1.0), NoZero]
_SecondEta = Annotated[float, Field(gt=1.0, le=LARGEST_FLOAT, allow_inf_nan=False)]
_FromList = Field(strict=False)  # YAML knows lists only; torch wants a pair

_OPTIONS = {
    "lr": Option("Learning rate; a schedule may change it on the way.", Positive),
    "betas": Option("Decay of the running means of the gradient and of its square.", Betas),
    "eps": Option("Added to the denominator against division by zero.", NotNegative),
    "weight_decay": Option("L2 penalty on the weights.", NotNegative),
    "decoupled_weight_decay": Option("Shrink the weights themselves instead of adding to the gradient."),
    "amsgrad": Option("Keep the maximum of the squared gradients' means."),
    "momentum": Option("Share of the last step that is kept.", NotNegative),
    "dampening": Option("Share of the gradient that momentum leaves out.", NotNegative),
    "nesterov": Option("Nesterov's momentum; needs momentum, no dampening."),
    "momentum_decay": Option("How fast the momentum rises to its first beta.", NotNegative),
    "centered": Option("Divide by an estimate of the gradient's deviation instead of its square."),
    "alpha": Option("Decay of the running mean of the squared gradient.", NotNegative),
    "rho": Option("Decay of the running mean of the squared gradient.", Share),
    "lr_decay": Option("How fast the learning rate falls with every update.", NotNegative),
    "initial_accumulator_value": Option("First value of the sum of squared gradients.", NotNegative),
    "lambd": Option("How fast the learning rate falls, and each weight with it.", NotNegative),
    "t0": Option("The update from which on the weights are averaged.", NotNegative),
    "etas": Option(
        "Factors by which a step shrinks and grows.", Annotated[tuple[_FirstEta, _SecondEta], _FromList]
    ),
    "step_sizes": Option(
        "Smallest and largest step allowed.", Annotated[tuple[Positive, Positive], _FromList]
    ),
    "beta2_decay": Option(
        "Exponent by which the decay of the squared gradient's mean nears 1; at most 0.",
        Annotated[float, Field(ge=-LARGEST_FLOAT, le=0.0, allow_inf_nan=False)],
    ),
    "d": Option(
        "Threshold above which an update is clipped; at least 1.",
        Annotated[float, Field(ge=1.0, le=LARGEST_FLOAT, allow_inf_nan=False)],
    ),
    "max_iter": Option("Steps per update, each on the same batches.", Count),
    "max_eval": Option("Evaluations of the loss per update; null: 1.25 × max_iter.", Count | None),
    "tolerance_grad": Option("End the update where the gradient is below this.", NotNegative),
    "tolerance_change": Option("End the update where loss or weights change by less.", NotNegative),
    "history_size": Option("Past gradients that the curvature is judged by.", Count),
    "line_search_fn": Option(
        "strong_wolfe searches the length of each step; null takes lr.", Literal["strong_wolfe"] | None
    ),
}
# where the same name means something else
_DIFFERENT: dict[str, dict[str, Option]] = {
    "adamw": {"weight_decay": Option("Weight decay, decoupled from the gradient.", NotNegative)},
    "asgd": {"alpha": Option("Power by which the learning rate falls.", NotNegative)},
    "adafactor": {
        "eps": Option(
            "Added to the squared gradient (null: the precision of its type), and to the weights' size.",
            Annotated[tuple[NotNegative | None, NotNegative], _FromList],
        ),
    },
}


class _NesterovHasMomentum(ModellingSection):
    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        options = self.model_dump()
        if options["nesterov"] and (options["momentum"] == 0.0 or options["dampening"] != 0.0):
            raise ValueError("expected a momentum above 0 and a dampening of 0 where nesterov is true")
        return self


def _register_all() -> None:
    checks = {"sgd": _NesterovHasMomentum}
    for name, kind in _dense_optimizers().items():
        options = options_block(
            kind,
            _OPTIONS | _DIFFERENT.get(name, {}),
            left_out=_LEFT_OUT,
            module=__name__,
            base=checks.get(name, ModellingSection),
        )
        OPTIMIZERS.add(name, kind, options)


_register_all()


def __getattr__(name: str) -> type[Section]:
    """Find options by the name of their class: pickle, which sends them to other processes, has to."""
    return OPTIMIZERS.options_class(name)
