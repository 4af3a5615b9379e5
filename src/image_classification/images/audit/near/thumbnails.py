"""Small grey pictures, and the ways to mirror and turn them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from image_classification.images.reading.pixels import grey
from image_classification.images.store.first_look import SMALL_SIDE, FirstLook
from image_classification.threads import map_in_threads

POSITIONS = 8
"""The ways to mirror and turn a square: `placed` numbers them."""
_AT_ONCE = 8
# Of more pictures than this (200 MB of thumbnails), those that were described are not kept: of the few that
# look like others they are made again.
_KEPT = 50_000


def grey_thumbnails(
    images: Tensor,
    rows: Tensor,
    advance: Callable[[int], None],
    whole: Callable[[int], Tensor] | None = None,
    look: FirstLook | None = None,
) -> Tensor:
    """Shrink some of the images (N, C, H, W) uint8 to grey ones, (n, 32, 32) float32 from 0 to 255.

    All of a picture is stretched to them: copies of other proportions would be framed in another way.

    Args:
        images: all of them.
        rows: (n,) which.
        advance: told how many are done.
        whole: gives all of the picture of a row, (C, h, w) uint8 of any size; None: the images are whole.
        look: what was seen of them, perhaps small.
    """
    chunks = rows.split(_AT_ONCE) if len(rows) else ()

    def small_one(row: int) -> Tensor:
        if look and look.small is not None and look.is_small[row]:
            return look.small[row : row + 1]
        return small_picture(whole(row) if whole else images[row])[None]

    def shrink(chunk: Tensor) -> Tensor:
        pixels = torch.cat([small_one(row) for row in chunk.tolist()]).float()
        return grey(pixels)[:, 0]

    done = 0

    def report(finished: int) -> None:
        nonlocal done
        before, done = done, min(done + finished * _AT_ONCE, len(rows))
        advance(done - before)

    return torch.cat([torch.empty(0, SMALL_SIDE, SMALL_SIDE), *map_in_threads(shrink, chunks, report)])


def placed(pictures: Tensor, position: Tensor) -> Tensor:
    """Mirror and turn each of the pictures (n, …, S, S) by its own position.

    Bit 0 exchanges left and right, bit 1 top and bottom, and bit 2, as the last, rows and columns.
    """
    lying = pictures.clone()
    for number in position.unique().tolist():
        which = position == number
        flipped = pictures[which].flip([dim for bit, dim in ((1, -1), (2, -2)) if number & bit])
        lying[which] = flipped.transpose(-1, -2) if number & 4 else flipped
    return lying


def small_picture(picture: Tensor) -> Tensor:
    """Stretch a picture (C, H, W) uint8 to (C, 32, 32) uint8."""
    # as whole numbers: at 224 pixels 60 µs where fractions take 760
    return interpolate(
        picture[None], (SMALL_SIDE, SMALL_SIDE), mode="bilinear", antialias=True, align_corners=False
    )[0]


class Thumbnails:
    """The thumbnails of pictures, made when they are needed.

    Args:
        images: (N, C, H, W) uint8.
        rows: (n,) int64, which of them the pictures are.
        whole, look: as for `grey_thumbnails`.
    """

    def __init__(
        self,
        images: Tensor,
        rows: npt.NDArray[np.int64],
        whole: Callable[[int], Tensor] | None = None,
        look: FirstLook | None = None,
    ) -> None:
        self._images, self._rows, self._whole, self._look = images, torch.from_numpy(rows), whole, look
        self._small = torch.empty(0, SMALL_SIDE, SMALL_SIDE)
        self._is_made = torch.zeros(len(rows), dtype=torch.bool)

    def of(self, numbers: Tensor, advance: Callable[[int], None] = lambda _: None) -> Tensor:
        """Return those of some pictures (n,) int64: (n, 32, 32) float32 from 0 to 255."""
        if len(self._rows) > _KEPT:
            return grey_thumbnails(self._images, self._rows[numbers], advance, self._whole, self._look)
        return self.all_of(numbers, advance)[numbers]

    def all_of(self, numbers: Tensor, advance: Callable[[int], None] = lambda _: None) -> Tensor:
        """Return a table of all pictures, (N, 32, 32) float32, in which those of some (n,) int64 are made."""
        missing = numbers[~self._is_made[numbers]]
        if not len(self._small):
            # takes memory only where it is written
            self._small = torch.empty(len(self._rows), SMALL_SIDE, SMALL_SIDE)
        if len(missing):
            self._small[missing] = grey_thumbnails(
                self._images, self._rows[missing], advance, self._whole, self._look
            )
            self._is_made[missing] = True
        return self._small
