"""How images are looked at when the features of a body are computed: as they are, varied, in views."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from image_classification.learning.augmentation import Augmentation
from image_classification.learning.batches import epoch_seed
from image_classification.learning.checkpoints.epoch import AUGMENTATION
from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.views import variants

# images (B, C, H, W) uint8 of a set, one portion after the other, and their labels, to what is seen of them
Look = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Looks:
    """One look at each image, as it is.

    count: looks at each image that are kept apart; 0: one, that needs no dimension of its own.
    """

    number_format: torch.dtype = torch.float32
    count: int = 0

    def each(self) -> Iterator[Look]:
        """Yield the looks one after the other: each sees all images of a set, in order."""
        yield lambda images, _: images

    def facts(self, rows: Tensor) -> list[str]:  # noqa: ARG002
        """Return what the features of these rows depend on beside images and weights."""
        return []


@dataclass(frozen=True, kw_only=True)
class DrawnLooks(Looks):
    """Several looks at each image, varied as training images are: each as in an epoch of its own."""

    augmentation: Augmentation
    seed: int

    def each(self) -> Iterator[Look]:
        """Yield the looks, each with its own draws."""
        for number in range(1, self.count + 1):
            generator = torch.Generator().manual_seed(epoch_seed(self.seed, number, AUGMENTATION))
            yield partial(self._varied, generator)

    def _varied(self, generator: torch.Generator, images: Tensor, labels: Tensor) -> Tensor:
        return self.augmentation(images, labels, num_classes=0, generator=generator)[0]

    def facts(self, rows: Tensor) -> list[str]:
        """Return the draws too; what is drawn for an image depends on those before it."""
        of_rows = hashlib.sha256(rows.numpy().tobytes()).hexdigest()
        return [of_rows, str(self.count), str(self.seed), self.augmentation.options.model_dump_json()]


@dataclass(frozen=True, kw_only=True)
class ViewLooks(Looks):
    """The variants that test-time augmentation has of each image in one view."""

    view: View

    def each(self) -> Iterator[Look]:
        """Yield the variants."""
        for variant in variants(self.view):
            yield partial(_without_labels, variant)

    def facts(self, rows: Tensor) -> list[str]:  # noqa: ARG002
        """Return the view."""
        return [self.view]

    @classmethod
    def of(cls, view: View) -> "ViewLooks":
        """Return all variants of a view."""
        return cls(count=len(variants(view)), view=view)


def _without_labels(look: Callable[[Tensor], Tensor], images: Tensor, _: Tensor) -> Tensor:
    return look(images)
