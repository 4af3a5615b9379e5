"""Those who train one network together, as an update sees them; here, a process that trains alone."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.networks.classifier import predict_logits


class Measured(NamedTuple):
    """What a whole batch came to.

    loss: the mean of its images, a scalar on the device.
    images: how many there are.
    correct: how many of them have their largest logit at their label, a scalar int64; or else
    answers: what tells, their logits (B, classes) and labels, which may be counted later.
    """

    loss: Tensor
    images: int
    correct: Tensor | None = None
    answers: tuple[Tensor, Tensor] | None = None


class Team:
    """The processes that train together. This one is alone: every batch is its own.

    Attributes:
        is_asked_to_stop: whether one of the processes was asked to end; all know it after the same update.
    """

    is_asked_to_stop = False

    def joined(self, network: nn.Module) -> nn.Module:
        """Return the network such that its gradients are those of the whole batch."""
        return network

    def own_part(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return what this process works on of a batch."""
        return images, labels

    def weighed(self, loss: Tensor) -> Tensor:
        """Return a loss such that the gradients of all processes come to those of the whole batch."""
        return loss

    def measured(self, loss: Tensor, logits: Tensor, labels: Tensor) -> Measured:
        """Return what the whole batch came to, given the loss, logits and labels of the own part of it."""
        return Measured(loss.detach(), len(labels), answers=(logits.detach(), labels))

    def adding_up(self, *, is_last: bool) -> AbstractContextManager[object]:  # noqa: ARG002
        """Within the block add gradients up; with the last batch of an update those of all processes."""
        return nullcontext()

    def predicted(
        self, network: nn.Module, dataset: TensorDataset, *, batch_size: int, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """Return logits (N, classes) float32 and labels of all images of a set, on the CPU."""
        return predict_logits(network, dataset, batch_size=batch_size, device=device)


ALONE = Team()


@torch.no_grad()
def num_correct(logits: Tensor, labels: Tensor) -> Tensor:
    """Count the images whose largest logit is that of their label, a scalar int64.

    Args:
        logits: (B, classes).
        labels: (B,) int64 class indices, or (B, classes) probabilities, of which the largest counts.
    """
    classes = labels if labels.ndim == 1 else labels.argmax(dim=1)  # (B,)
    return (logits.argmax(dim=1) == classes).sum()
