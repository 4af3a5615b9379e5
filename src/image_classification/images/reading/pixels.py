"""Batches of pixels: their brightness, and another size."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import interpolate

# red, green and blue: ITU-R BT.601, as Pillow and torchvision use it
_LUMINANCE = (0.299, 0.587, 0.114)


def grey(images: Tensor) -> Tensor:
    """How bright each pixel of (B, C, H, W) float32 looks: (B, 1, H, W)."""
    if images.shape[1] != 3:
        return images.mean(dim=1, keepdim=True)
    red, green, blue = images.split(1, dim=1)
    brightness: Tensor = _LUMINANCE[0] * red
    return brightness.add_(green, alpha=_LUMINANCE[1]).add_(blue, alpha=_LUMINANCE[2])


_PIXELS_AT_ONCE = 2**24  # 64 MB as float32


def resize_images(images: torch.Tensor, size: tuple[int, int], channels: int) -> Iterator[torch.Tensor]:
    """Resize images to (height, width), chunk by chunk, and repeat a grey channel where three are asked for.

    The interpolation is the antialiased bilinear one of `torchvision.transforms.v2.functional.resize` (which
    calls the same function; importing torchvision takes two seconds), rounded to whole numbers. Images that
    have the size already pass unchanged.

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
