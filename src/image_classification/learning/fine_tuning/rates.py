"""How fast each part of a network learns, compared with its last layer."""

from typing import Protocol, cast

from torch import nn

from image_classification.errors import UserError
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.networks.modules import FeaturesAndHead
from image_classification.networks.pretrained.stages import stages


class _HasBody(Protocol):
    body: nn.Module


def rate_factors(network: nn.Module, options: FineTuningOptions) -> dict[nn.Parameter, float]:
    """Return by what the learning rate of each parameter of the body is multiplied; {} where all is 1.

    Source of the decay from stage to stage: H. Bao et al., "BEiT: BERT Pre-Training of Image Transformers",
    2022.

    Raises:
        UserError: the network has no body beside its last layer.
    """
    if options.body_lr_factor == options.layer_decay == 1.0:
        return {}
    option = "body_lr_factor" if options.body_lr_factor != 1.0 else "layer_decay"
    factors: dict[nn.Parameter, float] = {}
    factor = options.body_lr_factor
    for stage in reversed(stages_of(network, option)):
        factor *= options.layer_decay
        factors |= dict.fromkeys(stage, factor)
    return factors


def stages_of(network: nn.Module, option: str) -> list[list[nn.Parameter]]:
    """Return the parameters of each stage of the body, from the image to the last layer.

    Args:
        network: a classifier.
        option: which option needs them, for messages.

    Raises:
        UserError: the network has no body beside its last layer.
    """
    body = cast("_HasBody", network).body if hasattr(network, "body") else network
    if not isinstance(body, FeaturesAndHead):
        raise UserError(
            f"{FineTuningOptions.named(option)} is for networks of a body and a last layer, which may start "
            "from trained weights: those of timm and torchvision. Choose one of them, or leave it out."
        )
    named = dict(body.features.named_parameters())
    return [[named[name] for name in stage] for stage in stages(body.features)]
