"""What every loss is: a mean over the images of how badly the network's outputs fit their targets."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

Output = Literal["probabilities", "logits"]


class Loss(nn.Module, ABC):
    """Maps logits (B, classes) float and labels to a scalar, the mean over the B images.

    Labels are class indices (B,) int64 or class probabilities (B, classes) float whose rows sum to 1; each
    loss takes both. Log-probabilities are as good as logits: their softmax is the same.

    A loss that looks at the images too, as a teacher does, is given them (B, C, H, W) while training; without
    images it measures the labels alone, which is what validation and test report.

    It is a module, so that what it holds moves to the device of the network.
    """

    @abstractmethod
    def forward(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:
        """Return the mean loss of the images, a scalar."""

    def __call__(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:
        """The same, typed."""
        loss: Tensor = super().__call__(logits, labels, images)
        return loss


def as_probabilities(labels: Tensor, logits: Tensor) -> Tensor:
    """Return the labels as class probabilities (B, classes) in the logits' type: indices become one-hot."""
    if labels.ndim == 2:
        return labels.to(logits.dtype)
    # a scatter rather than one_hot, which makes an accelerator wait to look at the largest index
    return torch.zeros_like(logits).scatter_(1, labels.unsqueeze(1), 1.0)


def output(logits: Tensor, of: Output) -> Tensor:
    """Return what is compared, (B, classes): the logits, or their probabilities."""
    return logits.softmax(dim=1) if of == "probabilities" else logits
