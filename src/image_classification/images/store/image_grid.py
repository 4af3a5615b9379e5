"""A picture of some images of every class."""

import io

import numpy as np
import torch
from PIL import Image, ImageDraw

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
        class_names: One per class, written at the beginning of its line.
    """
    shown = class_names[:_CLASSES]
    step = _SIDE + _MARGIN
    grid = Image.new("RGB", (_LABEL_WIDTH + _PER_CLASS * step, max(len(shown), 1) * step + _MARGIN), "white")
    draw = ImageDraw.Draw(grid)
    labels_of_rows = labels[rows]
    for line, name in enumerate(shown):
        top = _MARGIN + line * step
        draw.text((_MARGIN, top + _SIDE // 2 - 6), name[:16], fill="black")
        for column, row in enumerate(rows[labels_of_rows == line][:_PER_CLASS].tolist()):
            grid.paste(_thumbnail(images[row]), (_LABEL_WIDTH + column * step, top))
    file = io.BytesIO()
    grid.save(file, format="PNG")
    return file.getvalue()


def _thumbnail(image: torch.Tensor) -> Image.Image:
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())  # (H, W, C)
    picture = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).convert("RGB")
    scale = _SIDE / max(picture.size)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BILINEAR)
