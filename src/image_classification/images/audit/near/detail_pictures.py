"""Pictures for a closer look: read anew from their files, larger than in many image dicts."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from image_classification.images.audit.near.evidence import (
    DETAIL_SIDE,
    FEWEST_PLACES,
    common_picture,
    count_places,
    grey_halves,
)
from image_classification.threads import map_in_threads

ReadDetail = Callable[[int], Tensor]
"""Gives the picture of a row, stretched to (3, 128, 128) uint8."""

_KEPT = 512  # pictures in memory: 33 MB
MOST_FOR_COMMON = 128
"""Of how many pictures it is seen what all have in common."""


class DetailPicture(NamedTuple):
    """A picture, and what is made of it once for all others that it is compared with.

    pixels: (3, 128, 128) uint8.
    half: (64, 64) float32, grey, from 0 to 255.
    has_places: whether it has enough structure to be told from others.
    """

    pixels: Tensor
    half: Tensor
    has_places: bool


class DetailPictures:
    """The pictures of an image dict for a closer look, some of them kept; from any number of threads."""

    def __init__(self, images: Tensor, read: ReadDetail | None) -> None:
        """Take the images (N, C, H, W) uint8 of the dict, and what reads a picture anew, if anything does."""
        self._images = images
        self._read = read
        self.get = lru_cache(_KEPT)(self._get)
        self._pixels = lru_cache(_KEPT)(self._read_pixels)

    def _read_pixels(self, row: int) -> Tensor:
        return self._read(row) if self._read else detail_of(self._images[row])

    def _get(self, row: int) -> DetailPicture:
        pixels = self._pixels(row)
        alone = pixels.float().unsqueeze(0)
        return DetailPicture(pixels, grey_halves(alone)[0], bool(count_places(alone) >= FEWEST_PLACES))

    def common(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Return what the pictures of some rows have in common, (128, 128)."""
        pictures = map_in_threads(self._pixels, rows.tolist(), lambda _: None)
        return common_picture(torch.stack(pictures).float())


def detail_of(image: Tensor) -> Tensor:
    """Stretch an image (C, H, W) uint8 of a dict to (3, 128, 128) uint8."""
    size = (DETAIL_SIDE, DETAIL_SIDE)
    resized = interpolate(image.unsqueeze(0), size, mode="bilinear", antialias=True)[0]
    return resized.expand(3, -1, -1)
