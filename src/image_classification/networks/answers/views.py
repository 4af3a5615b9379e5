"""Test-time augmentation: an image is seen mirrored and in parts as well, and the probabilities averaged."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import sqrt

import torch
from torch import Tensor, nn

from image_classification.networks.answers.calibration import Calibration, View
from image_classification.words import count_of

logger = logging.getLogger(__name__)

_CROP = 0.875  # of height and width
# of what is left over, how much is above and on the left: the middle, and the corners
_PLACES = [(0.5, 0.5), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]


class Viewed(nn.Module):
    """A network that sees each image in several views: the mean of their probabilities, as logarithms.

    The mean is that of probabilities, not of logits: a view that the network is sure of does not outweigh the
    others (A. Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012).

    Args:
        network: from images (B, C, H, W) uint8 to logits (B, classes).
        views: beside the image as it is.
    """

    def __init__(self, network: nn.Module, views: Sequence[View]) -> None:
        super().__init__()
        self.network = network
        self.views = tuple(views)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) uint8 to logits (B, classes) float32 whose softmax is the mean."""
        return mean_of([self.network(view) for view in views_of(images, self.views)])


def seen_in(network: nn.Module, views: Sequence[View]) -> nn.Module:
    """Return a network that sees images in these views as well; itself if there are none."""
    return Viewed(network, views) if views else network


def calibration_for(calibration: Calibration | None, views: Sequence[View]) -> Calibration | None:
    """Return a network's calibration if it is for these views; warn if it is for others."""
    if calibration is None or set(calibration.views) == set(views):
        return calibration
    logger.warning(
        "The network was calibrated for images seen %s, and they are seen %s: the probabilities are not "
        "calibrated, and there are no answers.",
        _in_words(calibration.views),
        _in_words(views),
    )
    return None


def _in_words(views: Sequence[View]) -> str:
    return " and as ".join(["as they are", ", ".join(views)] if views else ["as they are"])


def warn_of_views(logits: Tensor, seen: Tensor, labels: Tensor, views: Sequence[View]) -> None:
    """Warn where views make answers worse: a mirrored digit is no digit any more.

    Args:
        logits: of the images as they are, (N, classes).
        seen: of the mean of the views, (N, classes).
        labels: (N,) int64.
        views: beside the image as it is.
    """
    before, after = (each.argmax(dim=1) == labels for each in (logits, seen))
    lost, won = (before & ~after).sum().item(), (after & ~before).sum().item()
    if lost - won > 2 * sqrt(lost + won):  # two deviations of what would be chance
        logger.warning(
            "Seen as %s as well, %s fewer are right of %s: these views do harm here.",
            ", ".join(views),
            f"{lost - won:,.0f}",
            count_of(len(labels), "image"),
        )


def views_of(images: Tensor, views: Sequence[View]) -> Iterator[Tensor]:
    """Yield the images (B, C, H, W) uint8 as they are, and each variant of each view."""
    yield images
    for view in views:
        for variant in variants(view):
            yield variant(images)


def variants(view: View) -> Sequence[Callable[[Tensor], Tensor]]:
    """Return what makes the variants of a view, each of images (B, C, H, W) uint8.

    horizontal_flip: left and right swapped.
    vertical_flip: top and bottom swapped.
    crops: the middle and the four corners, of 7/8 of height and width, enlarged to full size.
    """
    if view == "crops":
        return [partial(_part, down=down, right=right) for down, right in _PLACES]
    return [partial(torch.flip, dims=[3 if view == "horizontal_flip" else 2])]


def mean_of(logits: Sequence[Tensor]) -> Tensor:
    """Return logits (B, classes) float32 whose softmax is the mean of those of several, in each view."""
    logarithms = torch.stack([each.float().log_softmax(dim=1) for each in logits])
    mean: Tensor = logarithms.logsumexp(dim=0)
    return mean


def _part(images: Tensor, down: float, right: float) -> Tensor:
    height, width = images.shape[2:]
    rows, columns = max(1, round(_CROP * height)), max(1, round(_CROP * width))
    top, left = int(down * (height - rows)), int(right * (width - columns))
    part = images[:, :, top : top + rows, left : left + columns].float()
    resized = nn.functional.interpolate(part, size=(height, width), mode="bilinear", antialias=False)
    return resized.round().to(torch.uint8)
