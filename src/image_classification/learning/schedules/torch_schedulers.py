"""The schedulers of torch.optim.lr_scheduler that a configuration can express, with torch's own options.

https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
LambdaLR and MultiplicativeLR take functions, SequentialLR and ChainedScheduler other schedulers; of these
the usual case, a warm-up before any schedule, is the section `warmup`.
"""

from typing import Annotated

from pydantic import Field
from torch.optim import lr_scheduler

from image_classification.learning.torch_options import Option, options_block
from image_classification.options import (
    Count,
    CountOrZero,
    Factor,
    ModellingSection,
    NotNegative,
    NoZero,
    Positive,
    Probability,
    Section,
)
from image_classification.registry import Registry

# By the name that a configuration uses. `constant`, no scheduler at all, is the default.
SCHEDULERS: Registry[type[lr_scheduler.LRScheduler] | None] = Registry("schedule")

_TORCH: dict[str, type[lr_scheduler.LRScheduler]] = {
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

_Share = Annotated[float, Field(gt=0.0, lt=1.0), NoZero]

_OPTIONS = {
    "step_size": Option("Epochs between two changes of the learning rate.", Count, 10),
    "gamma": Option("Factor of the learning rate.", Positive),
    "milestones": Option(
        "Epochs after which the learning rate changes; null: after half and three quarters of the training.",
        Annotated[list[Count], Field(max_length=10_000)] | None,
        None,
    ),
    "T_max": Option("Epochs until the lowest rate; null: the whole training.", Count | None, None),
    "eta_min": Option("The lowest learning rate.", NotNegative),
    "T_0": Option("Epochs until the first restart.", Count, 10),
    "T_mult": Option("Factor by which each cycle is longer than the one before.", Count),
    "start_factor": Option("The first learning rate is lr times this.", Factor),
    "end_factor": Option("The last learning rate is lr times this.", Annotated[float, Field(ge=0.0, le=1.0)]),
    "factor": Option("Factor of the learning rate.", _Share),
    "total_iters": Option("Epochs until the last learning rate; null: the whole training.", Count | None),
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
    "step_size_up": Option("Updates of the weights in which the rate rises.", Count),
    "step_size_down": Option("Updates in which it falls; null: as many as it rises.", Count | None),
    "mode": Option("Keep the height of the cycles, halve it each time, or multiply it by gamma."),
    "patience": Option(
        "Validations (one per epoch, unless training.validate_every says otherwise) without an improvement, "
        "after which the rate is lowered.",
        CountOrZero,
    ),
    "threshold": Option("The least change of the loss that counts as an improvement.", NotNegative),
    "threshold_mode": Option("rel: threshold is a share of the best loss; abs: a difference to it."),
    "cooldown": Option("Validations to wait after the rate was lowered.", CountOrZero),
    "min_lr": Option("The lowest learning rate.", NotNegative),
    "eps": Option("A smaller change of the learning rate is not made.", NotNegative),
}
_DIFFERENT = {
    "exponential": {"gamma": Option("Factor of the learning rate.", Positive, 0.9)},
    "cyclic": {"gamma": Option("Factor of the height at each update, in mode exp_range.", Positive)},
    "constant_factor": {
        "total_iters": Option("Epochs of the multiplied learning rate; lr from then on.", Count),
        "factor": Option("Factor of the learning rate at first.", Factor),
    },
    "polynomial": {
        "total_iters": Option(
            "Epochs until the learning rate is 0; null: the whole training.", Count | None, None
        )
    },
}


class Constant(ModellingSection):
    """The learning rate of the optimizer, unchanged from first to last batch; there is nothing to set."""


def _register_all() -> None:
    SCHEDULERS.add("constant", None, Constant)
    for name, kind in _TORCH.items():
        options = options_block(
            kind,
            _OPTIONS | _DIFFERENT.get(name, {}),
            left_out=_LEFT_OUT | _LEFT_OUT_OF.get(name, set()),
            module=__name__,
        )
        SCHEDULERS.add(name, kind, options)


_register_all()


def __getattr__(name: str) -> type[Section]:
    """Find options by the name of their class: pickle, which sends them to other processes, has to."""
    return SCHEDULERS.options_class(name)
