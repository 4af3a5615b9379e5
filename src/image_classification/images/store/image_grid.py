"""Many images in one picture: some of every class, or any at places of their own."""

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw

from image_classification.words import shorten

_PER_CLASS = 10
_CLASSES = 20
_SIDE = 56
_MARGIN = 4
_LABEL_WIDTH = 110


def image_grid_png(
    images: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor, class_names: list[str]
) -> bytes:
    """Draw the first ten images of each of the first twenty classes, one line per class; return a PNG.

    Args:
        images: (N, C, H, W) uint8, one or three channels.
        labels: (N,) int64.
        rows: (n,) int64, the images to choose from.
        class_names: written at the beginning of the line of each class.
    """
    shown = class_names[:_CLASSES]
    step = _SIDE + _MARGIN
    grid = Image.new("RGB", (_LABEL_WIDTH + _PER_CLASS * step, max(len(shown), 1) * step + _MARGIN), "white")
    draw = ImageDraw.Draw(grid)
    labels_of_rows = labels[rows]
    for line, name in enumerate(shown):
        top = _MARGIN + line * step
        draw.text((_MARGIN, top + _SIDE // 2 - 6), shorten(name, 16), fill="black")
        chosen = images[rows[labels_of_rows == line][:_PER_CLASS]]
        paste_thumbnails(
            grid, chosen, [(_LABEL_WIDTH + column * step, top) for column in range(len(chosen))], _SIDE
        )
    file = io.BytesIO()
    grid.save(file, format="PNG")
    return file.getvalue()


def paste_thumbnails(
    ground: Image.Image, images: torch.Tensor, places: Sequence[tuple[int, int]], side: int
) -> None:
    """Paste images into a picture, each fitted into a square; pixels that are enlarged stay squares.

    Args:
        ground: the picture.
        images: (n, C, H, W) uint8, one or three channels.
        places: left and top of the square of each image, pixels.
        side: of the squares, pixels.
    """
    for image, (left, top) in zip(images, places, strict=True):
        pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())  # (H, W, C)
        picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels)
        scale = side / max(picture.size)
        width, height = (max(round(length * scale), 1) for length in picture.size)
        resampling = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BILINEAR
        picture = picture.resize((width, height), resampling).convert(ground.mode)
        ground.paste(picture, (left + (side - width) // 2, top + (side - height) // 2))
