"""Some images of every class, to see what the network gets."""

from collections.abc import Sequence

import torch
from plotly.graph_objects import Figure
from torch import Tensor

from image_classification.evaluation.figures.style import (
    MOST_CLASSES,
    caption,
    finish,
    new_figure,
    picture_layout,
    plotly_text,
)

_SIDE = 52  # pixels of an image
_GAP = 4
_WIDTH = 960  # pixels of the whole
_LINES = 25  # classes below each other; more of them stand in blocks side by side
_MOST_BLOCKS = 4
_LETTER = 7.5  # pixels, about


def rows_of_samples(labels: Tensor, class_names: Sequence[str], wanted: int) -> list[Tensor]:
    """Choose the first images of each class, as many as there is room for.

    Args:
        labels: (N,) int64.
        class_names: of all classes; at most `MOST_CLASSES` are shown.
        wanted: how many images of each class, at most.

    Returns:
        The indices (n,) int64 of the images of each class that is shown.
    """
    shown = class_names[:MOST_CLASSES]
    room = (_WIDTH // _blocks(len(shown)) - _name_width(shown)) // (_SIDE + _GAP)
    number = min(wanted, max(room, 1))
    return [(labels == index).nonzero()[:number, 0] for index in range(len(shown))]


def samples_figure(samples: Sequence[Tensor], class_names: Sequence[str], subtitle: str) -> Figure:
    """Show a line of images for each class.

    Args:
        samples: (n, C, H, W) uint8 for each class that is shown, one or three channels; n may differ or be 0.
        class_names: of all classes.
        subtitle: which data it is.
    """
    shown = class_names[: len(samples)]
    if len(shown) < len(class_names):
        subtitle += f": the first {len(shown)} of {len(class_names)} classes"
    limit = _longest_name(len(shown))
    names = [plotly_text(name, limit) for name in shown]
    step, name_width = _SIDE + _GAP, _name_width(shown)
    block_width = name_width + max(len(images) for images in samples) * step + 2 * _GAP
    lines = -(-len(shown) // _blocks(len(shown)))
    width, height = _blocks(len(shown)) * block_width, lines * step
    # a class is a line, counted from the top of the first block to the end of the last
    corners = [(index // lines * block_width, index % lines * step) for index in range(len(shown))]
    places = [
        (left + name_width + column * step, top)
        for (left, top), images in zip(corners, samples, strict=True)
        for column in range(len(images))
    ]
    captions = [
        caption(left + name_width - _GAP, top + _SIDE / 2, name, xanchor="right", yanchor="middle")
        for (left, top), name in zip(corners, names, strict=True)
    ]
    return finish(
        new_figure(),
        "Samples of each class",
        subtitle,
        **picture_layout(torch.cat(list(samples)), places, (width, height), _SIDE),
        annotations=captions,
    )


def _blocks(num_classes: int) -> int:
    return min(-(-num_classes // _LINES), _MOST_BLOCKS)


def _longest_name(num_classes: int) -> int:
    return 24 if _blocks(num_classes) == 1 else 14


def _name_width(class_names: Sequence[str]) -> int:
    longest = min(max(map(len, class_names)), _longest_name(len(class_names)))
    return round(longest * _LETTER) + 2 * _GAP
