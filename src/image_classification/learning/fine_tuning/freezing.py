"""Keeping a part of a network as it is while the rest learns."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions


def freeze(network: nn.Module, patterns: Sequence[str]) -> None:
    """Leave the parameters whose names fit one of the patterns (`body.features.*`) out of the training.

    Raises:
        UserError: a pattern fits no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UserError(
                f"{TrainingOptions.named('freeze')} names '{pattern}', which fits no parameter of the "
                f"network; it has: {', '.join(names)}. An asterisk stands for any characters."
            )
    for name, parameter in network.named_parameters():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            parameter.requires_grad = False


def set_training_mode(network: nn.Module) -> None:
    """Put the network into training mode, except for frozen batch normalisations.

    Their statistics belong to the weights that they were learnt with, and would move with every batch.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            parameters = list(module.parameters(recurse=False))
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()
