"""Networks made up by what they say of images, and how often that is true."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

Looks = Callable[[int], np.ndarray]
Outputs = Callable[..., tuple[Tensor, Tensor]]


@pytest.fixture
def outputs() -> Outputs:
    """Logits (N, classes) and labels (N,) of a network that is too sure of itself, and right in 81 %."""

    def make(images: int, classes: int = 10, seed: int = 0) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        labels = torch.randint(classes, (images,), generator=generator)
        logits = torch.randn(images, classes, generator=generator)
        logits[torch.arange(images), labels] += 8 * torch.rand(images, generator=generator)
        return 3 * logits, labels

    return make


@pytest.fixture
def looks() -> Looks:
    """What as many images look like that are all of one kind, (N, 8)."""
    return lambda images: np.random.default_rng(images).normal(size=(images, 8))
