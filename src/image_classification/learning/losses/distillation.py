"""Distillation: learn what a trained teacher says of an image beside what its label says."""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div

from image_classification.errors import UserError
from image_classification.learning.losses.base import LOSSES, Loss, TrainingData
from image_classification.networks.storage import load_trained
from image_classification.options import ModellingSection, NamesFile, Positive
from image_classification.remote.fetched import here
from image_classification.words import some


@LOSSES.register("distillation")
class Distillation(Loss):
    """w · T² · KL(teacher, student) + (1 - w) · cross entropy with the labels.

    The divergence compares softmax(logits / T) of both networks: a high temperature T brings out how alike
    the wrong classes are to the right one. T² keeps the size of its gradient as T changes. The teacher sees
    the very images that the student sees, in evaluation mode, and is not changed. In validation and test the
    loss is the cross entropy with the labels alone, and no teacher is needed: it may be gone by then.

    Source: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """

    class Options(ModellingSection):
        """Learn from the probabilities of a trained teacher as well as from the labels."""

        teacher: Annotated[str, NamesFile()] | None = Field(
            default=None,
            description="Path of a trained network of this project, a .safetensors file; has to be given.",
        )
        temperature: Positive = Field(
            default=4.0, description="How much the probabilities of both networks are evened out."
        )
        teacher_weight: float = Field(
            default=0.9,
            ge=0.0,
            le=1.0,
            description="Share of the teacher in the loss; the labels have the rest.",
        )

    def __init__(self, options: Options, data: TrainingData) -> None:
        super().__init__(options, data)
        self.teacher: nn.Module | None = None
        self._data = data

    def prepare(self) -> None:
        """Load the teacher.

        Raises:
            UserError: there is no such file, it holds no network of this project, or one for other data.
        """
        self.teacher = load_teacher(self.options.teacher, self._data.class_names, self._data.image_shape)
        self.teacher.eval().requires_grad_(requires_grad=False)

    @property
    def needs_images(self) -> bool:
        """True: the teacher looks at them."""
        return True

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the cross entropy with the labels, a scalar."""
        return cross_entropy(logits, labels)

    def while_training(self, logits: Tensor, labels: Tensor, images: Tensor) -> Tensor:
        """Return the loss, a scalar."""
        assert self.teacher is not None  # noqa: S101  (prepared)
        temperature, weight = self.options.temperature, self.options.teacher_weight
        with torch.no_grad():
            teacher_logits = self.teacher(images).float()  # (B, classes)
        soft = kl_div(
            (logits / temperature).log_softmax(dim=1),
            (teacher_logits / temperature).log_softmax(dim=1),
            reduction="batchmean",
            log_target=True,
        )
        loss: Tensor = weight * temperature**2 * soft + (1 - weight) * self(logits, labels)
        return loss


def load_teacher(path: str, class_names: tuple[str, ...], image_shape: tuple[int, int, int]) -> nn.Module:
    """Load a trained network of this project, and see that it knows these classes and takes these images.

    Raises:
        UserError: there is no such file, it holds no network of this project, or one for other data.
    """
    option = Distillation.Options.named("teacher")
    advice = f"Name another teacher ({option}), or train one on this data."
    try:
        teacher = load_trained(here(path))
    except UserError as error:
        raise UserError(f"The teacher cannot be loaded. {error}\n{advice}") from error
    description = teacher.description
    if description.class_names != class_names:
        raise UserError(
            f"The teacher {path} knows other classes: {some(description.class_names)}; "
            f"the data has {some(class_names)}. {advice}"
        )
    if description.image_shape != image_shape:
        raise UserError(
            f"The teacher {path} takes images of {_size(description.image_shape)}; "
            f"the data has {_size(image_shape)}. {advice}"
        )
    return teacher


def _size(shape: tuple[int, int, int]) -> str:
    channels, height, width = shape
    return f"{channels} × {height} × {width} (channels, height, width)"
