"""Many images in one picture, for figures and pages."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import Tensor


def montage_uri(images: Tensor, places: Sequence[tuple[int, int]], size: tuple[int, int], side: int) -> str:
    """Paste images at their places on a transparent ground.

    Args:
        images: (n, C, H, W) uint8, one or three channels.
        places: left and top of the square of each image, pixels.
        size: width and height of the whole.
        side: of the squares that the images are fitted into, pixels.

    Returns:
        A data URI that a browser shows: PNG for grey images, else WebP, a fifth of the size for photographs.
    """
    grey = images.shape[1] == 1
    ground = Image.new("LA" if grey else "RGBA", size)
    for image, (left, top) in zip(images, places, strict=True):
        picture = thumbnail(image, side)
        centred = (left + (side - picture.width) // 2, top + (side - picture.height) // 2)
        ground.paste(picture.convert(ground.mode), centred)
    file = io.BytesIO()
    kind = "png" if grey else "webp"
    ground.save(file, format=kind)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def thumbnail(image: Tensor, side: int) -> Image.Image:
    """Fit an image (C, H, W) uint8 into a square; pixels that are enlarged stay squares."""
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())  # (H, W, C)
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels)
    scale = side / max(picture.size)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BILINEAR)
