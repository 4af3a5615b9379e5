"""Limits of the gradients."""

from collections.abc import Sequence

from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from image_classification.parameters.training import GradientClippingParameters


def clip_gradients(parameters: Sequence[nn.Parameter], limits: GradientClippingParameters) -> None:
    """Clip each gradient to ±value, then shorten them all together to the norm; without limits do nothing."""
    if limits.value is not None:
        clip_grad_value_(parameters, limits.value)
    if limits.norm is not None:
        clip_grad_norm_(parameters, limits.norm)
