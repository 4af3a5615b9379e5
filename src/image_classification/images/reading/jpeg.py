"""Decoding JPEG files with the decoder that comes with torchvision, where there is one."""

import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, cast

import torch
from PIL import Image
from torch import Tensor

logger = logging.getLogger(__name__)

_FORMATS = ("JPEG", "MPO")  # MPO: several JPEG pictures in one file, as telephones write them


def decode_jpeg(picture: Image.Image, file: IO[bytes], channels: int) -> Tensor | None:
    """Decode a JPEG picture at its full size.

    Both Pillow and torchvision use libjpeg-turbo and give the same pixels, but Pillow keeps four bytes a
    pixel and copies them twice on their way out: 1040 µs for a photograph of 400 x 533 pixels, where
    torchvision takes 650.

    Args:
        picture: What Pillow made of the header.
        file: The file; it is read from its beginning.
        channels: 1 (grey) or 3.

    Returns:
        (channels, H, W) uint8, not upright yet; None where Pillow has to do it or to say what is wrong: no
        JPEG file, other colours (CMYK), a broken file, no decoder.
    """
    decode = _decoder()
    if decode is None or picture.format not in _FORMATS or picture.mode not in {"L", "RGB"}:
        return None
    file.seek(0)
    content = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)  # of bytes, torch would warn
    try:
        return decode(content, channels)  # the numbers of the decoder's modes are those of the channels
    except RuntimeError:
        return None


@cache
def _decoder() -> Callable[[Tensor, int], Tensor] | None:
    """The operator of torchvision's library, loaded in 15 ms; to import torchvision takes 2 s."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        return None
    # image_stable.so, image.so or image.pyd, depending on version and system
    for library in sorted(Path(package.origin).parent.glob("image*.*")):
        if library.suffix not in {".so", ".pyd"}:
            continue
        try:
            torch.ops.load_library(str(library))
            return cast("Callable[[Tensor, int], Tensor]", torch.ops.image.decode_jpeg)
        except (OSError, AttributeError, RuntimeError) as error:
            logger.debug("Pillow decodes all pictures: %s cannot be used (%s).", library, error)
    return None
