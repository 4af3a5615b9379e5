"""Rows of images read from the file of a store that is larger than the memory.

A file that is mapped into memory is fetched in pieces of a few kilobytes, one after the other, each when it
is touched; where the memory does not hold the file, they are fetched again in every epoch. Reading whole
images, several at once, lets the disk do what it can (a store of 2 GB, 0.9 GB of memory, batches of 64 images
of 224 x 224 pixels: 69 images a second by the map, 815 to 1,079 like this).
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil, prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.errors import UserError

_AT_ONCE = 8  # threads: they wait for the disk, not for a processor
# of the free memory, what the pages of a file may take without driving out those of the program
_SHARE = 0.8


def is_larger_than_memory(images: int, available: int) -> bool:
    """Tell whether images of so many bytes do not stay in memory from epoch to epoch.

    Args:
        images: bytes of all images.
        available: bytes of memory that are free, or hold files.
    """
    return hasattr(os, "preadv") and images > _SHARE * available


class RowsInFile:
    """The images of a store, read row by row.

    The file stays open, so what is read is of this store even if another one takes its place.

    Args:
        path: of the store.
        start: where its first image begins.
        shape: (N, C, H, W).
    """

    def __init__(self, path: Path, start: int, shape: Sequence[int]) -> None:
        self._path, self._start = path, start
        self._shape = tuple(shape[1:])
        self._bytes = prod(self._shape)
        self._file = path.open("rb", buffering=0)

    def read(self, rows: Tensor) -> Tensor:
        """Read images (n, C, H, W) uint8; rows: (n,) int64, in any order, also several times.

        Raises:
            UserError: the file ends too early, or cannot be read.
        """
        images = torch.empty(len(rows), *self._shape, dtype=torch.uint8)
        block, places = images.numpy().reshape(len(rows), self._bytes), rows.tolist()
        size = ceil(len(places) / _AT_ONCE) or 1
        parts = [slice(first, first + size) for first in range(0, len(places), size)]
        # of each call its own: threads do not survive the fork of a process
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda part: self._read_part(block[part], places[part]), parts))
        return images

    def _read_part(self, block: npt.NDArray[np.uint8], rows: Sequence[int]) -> None:
        for image, row in zip(block, rows, strict=True):
            left, place = memoryview(image), self._start + row * self._bytes
            while left:
                count = self._read_at(left, place)
                left, place = left[count:], place + count

    def _read_at(self, left: memoryview, place: int) -> int:
        try:
            count = os.preadv(self._file.fileno(), [left], place)
        except OSError as error:
            raise UserError(f"The image store {self._path} cannot be read: {error.strerror}.") from error
        if not count:
            raise UserError(f"The image store {self._path} ends too early: it was changed while it was open.")
        return count
