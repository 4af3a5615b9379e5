"""What every loss is: a mean over the images of how badly the network's outputs fit their targets."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from image_classification.options import ModellingSection
from image_classification.registry import Registry

Output = Literal["probabilities", "logits"]


@dataclass(frozen=True)
class TrainingData:
    """What a loss may have to know of the data.

    Args:
        class_names: in the order of the logits.
        class_counts: training images of each class.
        image_shape: (C, H, W).
    """

    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    image_shape: tuple[int, int, int]


class Loss(nn.Module, ABC):
    """Maps logits (B, classes) float and labels to a scalar, the mean over the B images.

    Labels are class indices (B,) int64 or class probabilities (B, classes) float whose rows sum to 1; each
    loss takes both. Log-probabilities are as good as logits: their softmax is the same.

    It is a module, so that what it holds moves to the device of the network.

    Args:
        options: what can be set of it, its `Options`.
        data: what it is trained on.

    Raises:
        UserError: the options do not fit the data.
    """

    class Options(ModellingSection):
        """There is nothing to set."""

    def __init__(self, options: Any, data: TrainingData) -> None:  # noqa: ARG002
        super().__init__()
        self.options = options

    @abstractmethod
    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of the images, a scalar."""

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss, typed."""
        loss: Tensor = super().__call__(logits, labels)
        return loss

    def while_training(self, logits: Tensor, labels: Tensor, images: Tensor) -> Tensor:  # noqa: ARG002
        """Return what is minimised, a scalar: another one where the loss looks at the images (B, C, H, W)."""
        return self(logits, labels)

    def prepare(self) -> None:
        """Load what only training needs."""

    @property
    def needs_images(self) -> bool:
        """Whether what is minimised depends on the images beyond their logits."""
        return False


LOSSES: Registry[type[Loss]] = Registry("loss")


def as_probabilities(labels: Tensor, logits: Tensor) -> Tensor:
    """Return the labels as class probabilities (B, classes) in the logits' type: indices become one-hot."""
    if labels.ndim == 2:
        return labels.to(logits.dtype)
    # a scatter rather than one_hot, which makes an accelerator wait to look at the largest index
    return torch.zeros_like(logits).scatter_(1, labels.unsqueeze(1), 1.0)


def output(logits: Tensor, of: Output) -> Tensor:
    """Return what is compared, (B, classes): the logits, or their probabilities."""
    return logits.softmax(dim=1) if of == "probabilities" else logits
