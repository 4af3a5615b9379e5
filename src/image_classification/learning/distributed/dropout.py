"""Dropout that falls on the same features however many processes share a batch."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn

# what multiplies its input by numbers that are drawn, by the names of the classes: torch, torchvision, timm
MULTIPLYING = frozenset({"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "StochasticDepth", "DropPath"})


class Part(Protocol):
    """Which images of a batch a process has.

    images: of the whole batch.
    first: of the own ones in it.
    count: of the own ones; 0: what passes the network is a stand-in that counts for nothing.
    """

    @property
    def images(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def count(self) -> int: ...


def draw_for_whole_batches(network: nn.Module, part: Part) -> None:
    """Let every process draw for whole batches, and use what falls on its own images.

    So all of them draw the same numbers, which are those of a single process. Modules that draw in another
    way go on to draw for the own images alone.
    """
    for module in network.modules():
        if type(module).__name__ in MULTIPLYING:
            module.forward = partial(_drawn, module, module.forward, part)


def _drawn(module: nn.Module, draw: Callable[[Tensor], Tensor], part: Part, features: Tensor) -> Tensor:
    if not module.training:
        return draw(features)
    with torch.no_grad():
        whole = features.new_empty((part.images, *features.shape[1:]))
        if features.is_contiguous(memory_format=torch.channels_last) if features.ndim == 4 else False:
            whole = whole.contiguous(memory_format=torch.channels_last)
        factors = draw(whole.fill_(1))[part.first : part.first + len(features)]
    return features * factors if part.count else features
