"""Which optimizer updates the weights: chosen by name, built for a network's parameters."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import Field
from torch import nn
from torch.optim import ASGD, LBFGS, SGD, Optimizer

from image_classification.errors import UserError
from image_classification.learning.optimizers.momentum import begin_momentum_apart
from image_classification.learning.optimizers.torch_optimizers import OPTIMIZERS
from image_classification.learning.options import TrainingOptions
from image_classification.registry import Choice

__all__ = ["OPTIMIZERS", "OptimizerOptions", "build_optimizer", "lay_out", "learning_rate", "needs_closure"]


class OptimizerOptions(Choice, of=OPTIMIZERS, default="adam"):
    """Which optimizer updates the weights, and with which options."""

    weight_decay_on: Literal["all", "weights"] = Field(
        default="all",
        description="What the weight_decay of the optimizer shrinks: all parameters; or weights, which "
        "spares the biases and the scales and shifts of normalisation layers.",
    )


def build_optimizer(
    optimizer: OptimizerOptions,
    parameters: Iterable[nn.Parameter],
    factors: Mapping[nn.Parameter, float] | None = None,
) -> Optimizer:
    """Build the optimizer that is named for those parameters that are to be trained.

    Its fused form, one pass over all weights instead of a dozen, is used where there is one: it made an
    epoch of the feed-forward recipe 10 % shorter on two CPU cores.

    Args:
        optimizer: its name and options. Where weight decay is on weights alone, parameters of one dimension
            are spared: biases, scales, shifts.
        parameters: of the network.
        factors: by what the learning rate is multiplied for some of them.

    Raises:
        UserError: torch refuses an option, nothing is to be trained, or the optimizer has no weight decay.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    if not trainable:
        raise UserError(
            "No parameter of the network is left to train: all are frozen. "
            f"Freeze fewer of them ({TrainingOptions.named('freeze')})."
        )
    name, options = optimizer.name, optimizer.options
    kind = OPTIMIZERS[name]
    fused: dict[str, Any] = {"fused": True} if "fused" in inspect.signature(kind).parameters else {}
    groups = [{"params": trainable}]
    if optimizer.weight_decay_on != "all":
        groups = _spared(name, trainable, options)
    if factors:
        groups = _at_their_rates(name, groups, options, factors)
    try:
        built: Optimizer = kind(groups, **options, **fused)
    except ValueError as error:
        raise UserError(
            f"The optimizer {name} refuses its options: {error}. "
            f"Change {OptimizerOptions.named(name)}, which is {options}."
        ) from error
    if isinstance(built, SGD):
        begin_momentum_apart(built)
    return built


def _spared(
    name: str, parameters: Sequence[nn.Parameter], options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Split the parameters into two groups, the second without weight decay."""
    if "weight_decay" not in options:
        raise UserError(
            f"The optimizer {name} has no weight decay: {OptimizerOptions.named('weight_decay_on')}=weights "
            "would change nothing. Leave it at all, or choose an optimizer that has."
        )
    decayed = [parameter for parameter in parameters if parameter.ndim > 1]
    others = [parameter for parameter in parameters if parameter.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _at_their_rates(
    name: str,
    groups: Sequence[dict[str, Any]],
    options: Mapping[str, Any],
    factors: Mapping[nn.Parameter, float],
) -> list[dict[str, Any]]:
    """Split groups of parameters by their learning rates, the highest first.

    Raises:
        UserError: the optimizer has one learning rate for all.
    """
    if OPTIMIZERS[name] is LBFGS:
        raise UserError(
            "The optimizer lbfgs has one learning rate for all parameters: leave the options of fine_tuning "
            "that give the body another one (body_lr_factor, layer_decay) at 1, or choose another optimizer."
        )
    split: dict[tuple[float, int], dict[str, Any]] = {}
    for number, group in enumerate(groups):
        for parameter in group["params"]:
            factor = factors.get(parameter, 1.0)
            empty = group | {"params": [], "lr": options["lr"] * factor}
            split.setdefault((-factor, number), empty)["params"].append(parameter)
    return [split[key] for key in sorted(split)]


def needs_closure(optimizer: Optimizer) -> bool:
    """Tell whether the optimizer asks for the loss several times per update."""
    return isinstance(optimizer, LBFGS)


def lay_out(network: nn.Module, optimizer: Optimizer) -> None:
    """Lay the weights out as the optimizer needs them: LBFGS puts all gradients into one row."""
    if needs_closure(optimizer):
        network.to(memory_format=torch.contiguous_format)


def learning_rate(optimizer: Optimizer) -> float:
    """Return the learning rate of the first group: the schedule's, or what ASGD has made of it."""
    group = optimizer.param_groups[0]
    rate = float(group["lr"])
    if isinstance(optimizer, ASGD) and optimizer.state:
        steps = float(next(iter(optimizer.state.values()))["step"])
        return rate / float((1 + group["lambd"] * rate * steps) ** group["alpha"])
    return rate
