"""How the learning rate changes while training.

There is a block for every scheduler of torch.optim.lr_scheduler that a configuration can express, with
torch's own options: https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
LambdaLR and MultiplicativeLR take functions, SequentialLR and ChainedScheduler other schedulers; of these
the usual case, a warm-up before any schedule, is the section `warmup`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator
from torch.optim import lr_scheduler

from image_classification.parameters.choices import Choice
from image_classification.parameters.from_torch import Option, options_block
from image_classification.parameters.kinds import ModellingSection, NotNegative, Positive, Probability

# By the name that a configuration uses. `constant`, no scheduler at all, is the default.
SCHEDULERS: dict[str, type[lr_scheduler.LRScheduler]] = {
    "one_cycle": lr_scheduler.OneCycleLR,
    "step": lr_scheduler.StepLR,
    "multi_step": lr_scheduler.MultiStepLR,
    "exponential": lr_scheduler.ExponentialLR,
    "cosine": lr_scheduler.CosineAnnealingLR,
    "cosine_warm_restarts": lr_scheduler.CosineAnnealingWarmRestarts,
    "linear": lr_scheduler.LinearLR,
    "constant_factor": lr_scheduler.ConstantLR,
    "polynomial": lr_scheduler.PolynomialLR,
    "cyclic": lr_scheduler.CyclicLR,
    "reduce_on_plateau": lr_scheduler.ReduceLROnPlateau,
}
# These count updates of the weights, all others count epochs.
PER_UPDATE = {"one_cycle", "cyclic"}

# last_epoch is for a training that is taken up again; scale_fn is a function, and scale_mode belongs to it;
# mode: of plateaus only that of a loss is known here; the length of a cycle is that of the training, and its
# peak the learning rate of the optimizer.
_LEFT_OUT = {"last_epoch", "scale_fn", "scale_mode"}
_LEFT_OUT_OF = {
    "one_cycle": {"max_lr", "total_steps", "epochs", "steps_per_epoch"},
    "reduce_on_plateau": {"mode"},
}

_Count = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(gt=0.0, lt=1.0)]
_Factor = Annotated[float, Field(gt=0.0, le=1.0)]

_OPTIONS = {
    "step_size": Option("Epochs between two changes of the learning rate.", _Count, 10),
    "gamma": Option("What the learning rate is multiplied with.", Positive),
    "milestones": Option(
        "Epochs after which the learning rate changes; null: after half and three quarters of the training.",
        list[_Count] | None,
        None,
    ),
    "T_max": Option("Epochs until the lowest rate; null: the whole training.", _Count | None, None),
    "eta_min": Option("The lowest learning rate.", NotNegative),
    "T_0": Option("Epochs until the first restart.", _Count, 10),
    "T_mult": Option("By how many times each cycle is longer than the one before.", _Count),
    "start_factor": Option("The first learning rate is lr times this.", _Factor),
    "end_factor": Option("The last learning rate is lr times this.", Annotated[float, Field(ge=0.0, le=1.0)]),
    "factor": Option("What the learning rate is multiplied with.", Annotated[float, Field(gt=0.0, lt=1.0)]),
    "total_iters": Option("Epochs until the last learning rate; null: the whole training.", _Count | None),
    "power": Option("Power of the polynomial; 1 is a straight line.", Positive),
    "pct_start": Option("Share of the training in which the learning rate rises.", _Share),
    "anneal_strategy": Option("The curve along which the learning rate rises and falls."),
    "div_factor": Option("The first learning rate is lr / div_factor.", Positive),
    "final_div_factor": Option("The last learning rate is lr / div_factor / final_div_factor.", Positive),
    "three_phase": Option("Fall as fast as it rose, then die out."),
    "cycle_momentum": Option(
        "Move momentum (or the first beta) between base_momentum and max_momentum, opposite to the rate.",
        bool,
        False,  # torch's True fails with every optimizer that has no momentum
    ),
    "base_momentum": Option("Momentum where the learning rate is highest.", Probability),
    "max_momentum": Option("Momentum where the learning rate is lowest.", Probability),
    "base_lr": Option("The lowest learning rate; null: a tenth of max_lr.", NotNegative | None, None),
    "max_lr": Option("The highest learning rate; null: the optimizer's lr.", Positive | None, None),
    "step_size_up": Option("Updates of the weights in which the rate rises.", _Count),
    "step_size_down": Option("Updates in which it falls; null: as many as it rises.", _Count | None),
    "mode": Option("Keep the height of the cycles, halve it each time, or multiply it with gamma."),
    "patience": Option(
        "Validations (one per epoch, unless training.validate_every says otherwise) without an improvement, "
        "after which the rate is lowered.",
        Annotated[int, Field(ge=0)],
    ),
    "threshold": Option("The least change of the loss that counts as an improvement.", NotNegative),
    "threshold_mode": Option("rel: threshold is a share of the best loss; abs: a difference to it."),
    "cooldown": Option("Validations to wait after the rate was lowered.", Annotated[int, Field(ge=0)]),
    "min_lr": Option("The lowest learning rate.", NotNegative),
    "eps": Option("A smaller change of the learning rate is not made.", NotNegative),
}
_DIFFERENT = {
    "exponential": {"gamma": Option("What the learning rate is multiplied with.", Positive, 0.9)},
    "cyclic": {
        "gamma": Option("What the height is multiplied with at each update, in mode exp_range.", Positive)
    },
    "constant_factor": {
        "total_iters": Option("Epochs of the multiplied learning rate; lr from then on.", _Count),
        "factor": Option("What the learning rate is multiplied with at first.", _Factor),
    },
    "polynomial": {
        "total_iters": Option(
            "Epochs until the learning rate is 0; null: the whole training.", _Count | None, None
        )
    },
}


class ConstantParameters(ModellingSection):
    """The learning rate of the optimizer, unchanged from first to last batch; there is nothing to set."""


class WarmupParameters(ModellingSection):
    """A straight rise of the learning rate to that of the schedule, which goes on underneath meanwhile."""

    epochs: float = Field(
        default=0.0, ge=0.0, allow_inf_nan=False, description="Length in epochs, such as 0.5; 0: no warm-up."
    )
    updates: int = Field(default=0, ge=0, description="Length in updates of the weights, instead of epochs.")
    start_factor: float = Field(
        default=0.01, gt=0.0, le=1.0, description="The first learning rate is the schedule's times this."
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """Where a warm-up starts that has no length."""
        has_length = values.get("epochs") or values.get("updates")
        return frozenset() if has_length else frozenset({"start_factor"})

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if self.epochs and self.updates:
            raise ValueError("expected a length in epochs or in updates, not both")
        return self


BLOCKS: dict[str, type[ModellingSection]] = {
    name: options_block(
        kind,
        _OPTIONS | _DIFFERENT.get(name, {}),
        left_out=_LEFT_OUT | _LEFT_OUT_OF.get(name, set()),
        module=__name__,
    )
    for name, kind in SCHEDULERS.items()
}
globals().update({block.__name__: block for block in BLOCKS.values()})


def _describe(name: str) -> str:
    stepped = "update of the weights" if name in PER_UPDATE else "epoch"
    return f"Options of torch.optim.lr_scheduler.{SCHEDULERS[name].__name__}, stepped after every {stepped}."


_fields: dict[str, Any] = {
    name: (block, Field(default=block(), description=_describe(name))) for name, block in BLOCKS.items()
}

if TYPE_CHECKING:

    class ScheduleParameters(Choice):
        """How the learning rate changes while training."""

        name: str = "constant"
        warmup: WarmupParameters = WarmupParameters()
else:
    ScheduleParameters = create_model(
        "ScheduleParameters",
        __base__=Choice,
        __module__=__name__,
        __doc__="How the learning rate changes while training.",
        name=(
            Literal["constant", *BLOCKS],
            Field(default="constant", description="The schedule of the learning rate."),
        ),
        warmup=(
            WarmupParameters,
            Field(default=WarmupParameters(), description="Rise of the learning rate at the beginning."),
        ),
        constant=(ConstantParameters, Field(default=ConstantParameters(), description="Nothing to set.")),
        **_fields,
    )
