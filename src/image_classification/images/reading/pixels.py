"""Pixels of decoded images: which part is kept, another size, their brightness."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from image_classification.images.reading.portable.modes import Interpolation, ResizeMode

# what torch's own `interpolate` calls once it has decided on the scales; with scales that are given
_INTERPOLATE: dict[Interpolation, Any] = {
    "bilinear": torch._C._nn._upsample_bilinear2d_aa,
    "bicubic": torch._C._nn._upsample_bicubic2d_aa,
}
_BY_PILLOW: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
_EXACT = 1e-9
_NEAR_ENOUGH = 1 / 64  # of a decoded pixel
_MAX_EXTRA = 32
# red, green and blue: ITU-R BT.601, as Pillow and torchvision use it
_LUMINANCE = (0.299, 0.587, 0.114)
_PIXELS_AT_ONCE = 2**24  # 64 MB as float32


class Box(NamedTuple):
    """A rectangle in pixels, of which it may hold fractions."""

    top: float
    left: float
    height: float
    width: float


class Fit(NamedTuple):
    """The part of a picture that is kept, in its own pixels, and the height and width that this part gets."""

    box: Box
    size: tuple[int, int]


def fit(height: int, width: int, size: tuple[int, int], resize: ResizeMode) -> Fit:
    """Choose what is kept of a picture of height x width pixels, and how large that becomes.

    stretch: all of it, to the size. crop: the largest part in the middle with the proportions of the size.
    letterbox: all of it, as large as fits into the size.
    """
    if resize == "crop":
        scale = min(height / size[0], width / size[1])
        kept_height = min(max(round(size[0] * scale), 1), height)
        kept_width = min(max(round(size[1] * scale), 1), width)
        return Fit(Box((height - kept_height) // 2, (width - kept_width) // 2, kept_height, kept_width), size)
    if resize == "letterbox":
        scale = max(height / size[0], width / size[1])
        new_height = min(max(round(height / scale), 1), size[0])
        new_width = min(max(round(width / scale), 1), size[1])
        return Fit(Box(0, 0, height, width), (new_height, new_width))
    return Fit(Box(0, 0, height, width), size)


def resample(
    image: Tensor, box: Box, size: tuple[int, int], interpolation: Interpolation = "bilinear"
) -> Tensor:
    """Resize a part of an image: antialiased, exact to a fraction of a pixel.

    Torch does not take a rectangle, but it does take a scale beside the number of pixels, which is enough for
    a part that begins at a whole pixel. For another part, a whole pixel may lie some new pixels before its
    beginning: it is resized from there, and these are cut off. What is left goes through Pillow, which takes
    a rectangle, and three times as long.

    Args:
        image: (C, H, W) uint8, one or three channels.
        box: The part.
        size: The height and width that it gets.
        interpolation: How pixels between pixels are found.

    Returns:
        (C, *size) uint8.
    """
    rows = _grid(box.top, box.height, size[0])
    columns = _grid(box.left, box.width, size[1])
    if rows is None or columns is None:
        bottom, right = min(box.top + box.height, image.shape[1]), min(box.left + box.width, image.shape[2])
        corners = (box.left, box.top, right, bottom)
        return as_tensor(_as_picture(image).resize(size[::-1], _BY_PILLOW[interpolation], box=corners))
    # pixels outside have no influence, as if the part had been cut out first
    view = image[:, rows.first : rows.last, columns.first : columns.last]
    if view.shape[1:] == size == (box.height, box.width):
        return view
    new_size = (size[0] + rows.extra, size[1] + columns.extra)
    # torch 2.15 turns uint8 into nonsense where the result has a single column
    pixels = view.float() if new_size[1] == 1 else view
    scales = (1 / rows.scale, 1 / columns.scale)
    resized: Tensor = _INTERPOLATE[interpolation](pixels[None], new_size, False, *scales)[0]
    if new_size[1] == 1:
        resized = resized.round().clamp(0, 255).to(torch.uint8)
    return resized[:, rows.extra :, columns.extra :]


class _Grid(NamedTuple):
    """Which pixels of a side are needed, how many extra new ones come before those wanted, the scale."""

    first: int
    last: int
    extra: int
    scale: float


@lru_cache(maxsize=4096)  # the photographs of a folder have few sizes
def _grid(start: float, length: float, new_length: int) -> _Grid | None:
    """Find a grid that begins at a whole pixel and has all the new pixels wanted; None if none is near."""
    scale, end = length / new_length, math.ceil(start + length - _EXACT)
    # torch does nothing along a side whose number of pixels stays the same
    if end - start == new_length != length:
        return None
    for extra in range(_MAX_EXTRA + 1):
        first = round(start - extra * scale)
        if first < 0:
            return None
        if abs(start - extra * scale - first) <= (_NEAR_ENOUGH if extra else _EXACT):
            return _Grid(first, end, extra, scale)
    return None


def as_tensor(picture: Image.Image) -> Tensor:
    """Return a picture of mode L or RGB as (C, H, W) uint8."""
    pixels = torch.from_numpy(np.array(picture))
    return pixels.permute(2, 0, 1) if pixels.dim() == 3 else pixels[None]


def _as_picture(image: Tensor) -> Image.Image:
    """Return (C, H, W) uint8 as a picture of mode L or RGB."""
    pixels = image.permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])


def add_bars(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Put an image (C, h, w) in the middle of a black one (C, *size)."""
    above, left = (size[0] - image.shape[1]) // 2, (size[1] - image.shape[2]) // 2
    below, right = size[0] - image.shape[1] - above, size[1] - image.shape[2] - left
    return pad(image, (left, right, above, below)) if above or left or below or right else image


def grey(images: Tensor) -> Tensor:
    """Return how bright each pixel of (B, C, H, W) float32 looks: (B, 1, H, W)."""
    if images.shape[1] != 3:
        return images.mean(dim=1, keepdim=True)
    red, green, blue = images.split(1, dim=1)
    brightness: Tensor = _LUMINANCE[0] * red
    return brightness.add_(green, alpha=_LUMINANCE[1]).add_(blue, alpha=_LUMINANCE[2])


def resize_images(images: torch.Tensor, size: tuple[int, int], channels: int) -> Iterator[torch.Tensor]:
    """Resize images to (height, width), chunk by chunk, and repeat a grey channel where three are asked for.

    The interpolation is the antialiased bilinear one of `torchvision.transforms.v2.functional.resize` (which
    calls the same function; importing torchvision takes two seconds), rounded to whole numbers. Images that
    have the size already stay as they are.

    Args:
        images: (N, C, H, W) uint8.
        size: Height and width in pixels.
        channels: C, or 3 where C is 1.

    Yields:
        Chunks (n, channels, height, width) uint8 that together are all the images, in order.
    """
    if images.shape[1] not in (1, channels):
        raise ValueError(f"images of {images.shape[1]} channels cannot be given {channels}")
    pixels = max(images.shape[1] * max(images.shape[2] * images.shape[3], size[0] * size[1]), 1)
    for chunk in images.split(max(_PIXELS_AT_ONCE // pixels, 1)):
        resized = chunk
        if chunk.shape[2:] != size:
            wide = interpolate(chunk.float(), size, mode="bilinear", antialias=True, align_corners=False)
            resized = wide.round_().clamp_(0, 255).to(torch.uint8)
        yield resized.expand(-1, channels, -1, -1)  # (n, channels, height, width)
