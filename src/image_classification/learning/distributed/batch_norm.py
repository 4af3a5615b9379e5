"""Batch normalisation by the statistics of whole batches, of which each process has a part.

`torch.nn.SyncBatchNorm` does the same on a CUDA device only, and cannot leave a stand-in image out.

Sources: S. Ioffe and C. Szegedy, "Batch Normalization", 2015, for the gradients; T. Chan, G. Golub and
R. LeVeque, "Algorithms for Computing the Sample Variance", 1983, for putting variances together.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from image_classification.learning.distributed.dropout import Part

PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def other_batch_norms(network: nn.Module) -> list[str]:
    """Name the classes of batch normalisations, in training mode, that `normalise_by_whole_batches` skips.

    They do something else beside normalising, so that their normalising alone cannot be replaced.
    """
    found = {type(each) for each in network.modules() if isinstance(each, _BatchNorm) and each.training}
    return sorted(each.__name__ for each in found if each not in PLAIN)


def normalise_by_whole_batches(network: nn.Module, part: Part) -> None:
    """Have the batch normalisations of a network see whole batches while they train."""
    for module in network.modules():
        if type(module) in PLAIN:
            module.forward = partial(_normalised, module, module.forward, part)


def _normalised(module: Any, usual: Callable[[Tensor], Tensor], part: Part, images: Tensor) -> Tensor:
    if not (module.training or module.running_mean is None):
        return usual(images)
    output: Tensor
    output, mean, variance, count = _WholeBatchNorm.apply(
        images, module.weight, module.bias, module.eps, part.count
    )
    if module.training and module.running_mean is not None:
        _remember(module, mean, variance, count)
    return output


@torch.no_grad()
def _remember(module: _BatchNorm, mean: Tensor, variance: Tensor, count: Tensor) -> None:
    """Move the running statistics towards those of a batch, as torch does."""
    assert module.running_mean is not None  # noqa: S101  (asked before)
    assert module.running_var is not None  # noqa: S101
    assert module.num_batches_tracked is not None  # noqa: S101
    module.num_batches_tracked.add_(1)
    momentum = module.momentum
    if momentum is None:
        momentum = 1.0 / float(module.num_batches_tracked)
    unbiased = variance * (count / (count - 1))
    for running, now in ((module.running_mean, mean), (module.running_var, unbiased)):
        running.lerp_(now.to(running.dtype), momentum)


class _WholeBatchNorm(torch.autograd.Function):
    """Normalise the own part of a batch by mean and variance of the whole.

    Of the images (n, C, ...) the first `own` count: all of them, or none if they are a stand-in.
    """

    @staticmethod
    def forward(
        context: Any, images: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, own: int
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the images normalised, (n, C, ...), and of the whole batch mean, variance (C,) and count."""
        wide = images if images.dtype == torch.float64 else images.float()
        mean, variance, count = _statistics(wide[:own])
        scale = (variance + eps).rsqrt()
        normal = (wide - _per_channel(mean, wide)).mul_(_per_channel(scale, wide))
        output = normal
        if weight is not None and bias is not None:
            output = torch.addcmul(_per_channel(bias, wide), normal, _per_channel(weight, wide))
        context.save_for_backward(normal, scale, count, weight)
        context.own = own
        context.mark_non_differentiable(mean, variance, count)
        return output.to(images.dtype), mean, variance, count

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of images, weight and bias."""
        normal, scale, count, weight = context.saved_tensors
        gradient = gradients[0].to(normal.dtype)
        over = _all_but_channels(normal)
        for_bias, for_weight = gradient.sum(over), (gradient * normal).sum(over)
        sums = torch.stack((for_bias, for_weight))  # (2, C)
        dist.all_reduce(sums)
        mean_gradient, mean_product = (_per_channel(each / count, normal) for each in sums)
        for_images = (gradient - mean_gradient - normal * mean_product) * _per_channel(scale, normal)
        if weight is not None:
            for_images = for_images * _per_channel(weight, normal)
        if not context.own:
            for_images = torch.zeros_like(for_images)  # a stand-in is no part of the batch
        return (
            for_images.to(gradients[0].dtype),
            for_weight if weight is not None else None,
            for_bias if weight is not None else None,
            None,
            None,
        )


def _statistics(own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean, biased variance (C,) and count of numbers of the parts (n, C, ...) of all processes."""
    channels, over = own.shape[1], _all_but_channels(own)
    part = own.new_zeros((3, channels))  # how many numbers, their mean, the sum of squared distances from it
    if len(own):
        # torch.var_mean takes ten times as long as these two passes
        mean = own.mean(over)
        distances = (own - _per_channel(mean, own)).square_().sum(over)
        part = torch.stack((torch.full_like(mean, own.numel() / channels), mean, distances))
    parts = [torch.empty_like(part) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, part)
    counts, means, sums = torch.stack(parts).unbind(1)  # (processes, C) each
    count = counts.sum(0)
    mean = (counts * means).sum(0) / count
    variance = (sums + counts * (means - mean).square()).sum(0) / count
    return mean, variance, count


def _all_but_channels(images: Tensor) -> list[int]:
    return [0, *range(2, images.ndim)]


def _per_channel(values: Tensor, images: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (images.ndim - 2))
