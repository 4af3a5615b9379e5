"""Distillation: learn what a trained teacher says of an image beside what its label says."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div

from image_classification.errors import UserError
from image_classification.learning.losses.base import Loss
from image_classification.networks.storage import load_classifier


class Distillation(Loss):
    """w · T² · KL(teacher, student) + (1 - w) · cross entropy with the labels.

    The divergence compares softmax(logits / T) of both networks: a high temperature T brings out how alike
    the wrong classes are to the right one. T² keeps the size of its gradient as T changes. The teacher sees
    the very images that the student sees, in evaluation mode, and is not changed. Without images, in
    validation and test, the loss is the cross entropy with the labels alone.

    Source: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", 2015.

    Args:
        teacher: images (B, C, H, W) in, logits (B, classes) out; None for measuring only.
        temperature: T.
        teacher_weight: w.
    """

    def __init__(self, teacher: nn.Module | None, *, temperature: float, teacher_weight: float) -> None:
        super().__init__()
        self.teacher = teacher.eval().requires_grad_(requires_grad=False) if teacher else None
        self.temperature = temperature
        self.teacher_weight = teacher_weight

    def forward(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:
        """Return the loss, a scalar."""
        hard = cross_entropy(logits, labels)
        if images is None or self.teacher is None:
            return hard
        with torch.no_grad():
            teacher_logits = self.teacher(images).float()  # (B, classes)
        soft = kl_div(
            (logits / self.temperature).log_softmax(dim=1),
            (teacher_logits / self.temperature).log_softmax(dim=1),
            reduction="batchmean",
            log_target=True,
        )
        return self.teacher_weight * self.temperature**2 * soft + (1 - self.teacher_weight) * hard


def load_teacher(path: str, class_names: tuple[str, ...], image_shape: tuple[int, int, int]) -> nn.Module:
    """Load a trained network of this project, and see that it knows these classes and takes these images.

    Raises:
        UserError: there is no such file, it is no network of this project, or it is one for other data.
    """
    teacher = load_classifier(Path(path))
    description = teacher.description
    advice = "Name another teacher (modelling.loss.distillation.teacher), or train one on this data."
    if description.class_names != class_names:
        raise UserError(
            f"The teacher {path} knows other classes: {_shown(description.class_names)}; "
            f"the data has {_shown(class_names)}. {advice}"
        )
    if description.image_shape != image_shape:
        raise UserError(
            f"The teacher {path} takes images of {_size(description.image_shape)}; "
            f"the data has {_size(image_shape)}. {advice}"
        )
    return teacher


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _size(shape: tuple[int, int, int]) -> str:
    channels, height, width = shape
    return f"{channels} × {height} × {width} (channels, height, width)"
