"""Decoding JPEG pictures with libjpeg-turbo, at the smallest of their scales that is enough.

Pillow decodes with libjpeg-turbo too, and its pixels are the same at every scale (those of torchvision, which
knows no scales, at full size), but it keeps four bytes a pixel and copies them twice on their way out. One
thread, photographs of 400 x 533 pixels, medians in µs at full size, 1/2, 1/4 and 1/8: 1330, 980, 790, 610;
Pillow 2400, 1400, 1070, 870; torchvision 1650. The scales between (3/8: 990, 5/8: 1690) take longer than the
next larger of these four, for which alone the decoder has vector instructions.
"""

import math
from typing import IO

import simplejpeg
import torch
from PIL import Image
from torch import Tensor

from image_classification.images.reading.pixels import Box

_FORMATS = ("JPEG", "MPO")  # MPO: several JPEG pictures in one file, as telephones write them
_SCALES = (8, 4, 2)
# at 1/8, a pixel beyond the edge of a smaller picture would be much of it
_WORTH_SCALING = 64
_NEVER = 9  # no scale is that small


def jpeg_scale(picture: Image.Image, box: Box, size: tuple[int, int]) -> int:
    """Choose the number by which height and width can be divided as a picture is decoded.

    Args:
        picture: What Pillow made of the header.
        box: The part of the picture that is wanted.
        size: The height and width that this part will get: it must not have fewer pixels after decoding.

    Returns:
        8, 4, 2 or 1 (full size, as always for other formats). The last row and column decoded may reach
        beyond the picture: it covers exactly its height and width divided by this number.
    """
    width, height = picture.size
    if picture.format not in _FORMATS or min(width, height) < _WORTH_SCALING:
        return 1
    enough_rows = math.ceil(height * size[0] / box.height)
    enough_columns = math.ceil(width * size[1] / box.width)
    largest = min(height // enough_rows, width // enough_columns)
    return next((scale for scale in _SCALES if scale <= largest), 1)


def decode_jpeg(picture: Image.Image, file: IO[bytes], channels: int, scale: int) -> Tensor | None:
    """Decode a JPEG picture at a fraction of its height and width.

    Args:
        picture: What Pillow made of the header.
        file: The file; it is read from its beginning.
        channels: 1 (grey) or 3.
        scale: As `jpeg_scale` chose it.

    Returns:
        (channels, ceil(H / scale), ceil(W / scale)) uint8, not upright yet; None where Pillow has to do it or
        to say what is wrong: no JPEG file, other colours (CMYK), anything odd in the file.
    """
    if picture.format not in _FORMATS or picture.mode not in {"L", "RGB"}:
        return None
    file.seek(0)
    try:
        pixels = simplejpeg.decode_jpeg(
            file.read(),
            "GRAY" if channels == 1 else "RGB",
            min_height=math.ceil(picture.height / scale),
            min_width=math.ceil(picture.width / scale),
            # else a picture of 7 pixels would be decoded at 7/8, which are 7 pixels too, but not the same
            min_factor=scale if scale > 1 else _NEVER,
            strict=True,  # of a truncated file the decoder only warns, and fills what is missing with grey
        )
    except ValueError:
        return None
    return torch.from_numpy(pixels).permute(2, 0, 1)
