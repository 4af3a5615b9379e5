"""What is seen of images while they are written to a store, when their pixels are at hand.

Whoever asks later in the same process need not read the pixels again: for the statistics, for what shows
nothing, and for pictures that look alike. In another process all of it is found anew, with the same result.
"""

from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.threads import map_in_threads

SMALL_SIDE = 32
_MOST_SMALL = 2**26  # bytes of small pictures that are kept
_BYTES_AT_ONCE = 2**19  # stays in the cache of a core
# of fewer bytes the sums take less time once there are many images to look at together
_WORTH_A_LOOK = 2**16
# of so many numbers the squares still add up exactly as float32: 257 * 255² < 2**24
_EXACT = 257
_FEWEST = 8

Sums = npt.NDArray[np.int64]


class FirstLook:
    """What was seen of N images so far; threads tell it of different ones.

    Args:
        shape: N, C, H, W.

    Attributes:
        sums: (N, 2, C) int64, as `channel_sums` gives them.
        has_sums: (N,) bool, of which images.
        small: (N, C, 32, 32) uint8, the pictures stretched to that; None if they would be too many.
        is_small: (N,) bool, of which images.
    """

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        count, channels = shape[:2]
        self.sums: Sums = np.zeros((count, 2, channels), dtype=np.int64)
        self.has_sums = np.zeros(count, dtype=np.bool_)
        is_kept = count * channels * SMALL_SIDE**2 <= _MOST_SMALL
        self.small = (
            torch.empty(count, channels, SMALL_SIDE, SMALL_SIDE, dtype=torch.uint8) if is_kept else None
        )
        self.is_small = np.zeros(count, dtype=np.bool_)

    def see(self, row: int, images: npt.NDArray[np.uint8]) -> None:
        """Look at images (n, C, H, W) from a row on, unless that takes less time later."""
        if images.nbytes < _WORTH_A_LOOK:
            return
        at_once = _at_once(images.shape)
        for start in range(0, len(images), at_once):
            part = images[start : start + at_once]
            self.sums[row + start : row + start + len(part)] = channel_sums(part)
        self.has_sums[row : row + len(images)] = True

    def see_small(self, row: int, small: Tensor) -> None:
        """Keep a picture (C, 32, 32) uint8, stretched to that, of the image of a row."""
        if self.small is not None:
            self.small[row] = small
            self.is_small[row] = True


class ChannelSums:
    """The sums of the values of images, and of their squares, found when they are asked for.

    Args:
        images: (N, C, H, W) uint8.
        look: What was seen of them when they were written.
    """

    def __init__(self, images: Tensor, look: FirstLook | None) -> None:
        self._images = images
        none: Sums = np.zeros((len(images), 2, images.shape[1]), dtype=np.int64)
        self._sums = look.sums if look else none
        self._has = look.has_sums if look else np.zeros(len(images), dtype=np.bool_)

    def of(self, rows: npt.NDArray[np.int64]) -> Sums:
        """Return those of some rows (n,), (n, 2, C)."""
        missing, pixels = rows[~self._has[rows]], self._images.numpy()
        at_once = _at_once(pixels.shape)
        parts = [missing[start : start + at_once] for start in range(0, len(missing), at_once)]
        found = map_in_threads(lambda part: channel_sums(pixels[part]), parts, lambda _: None)
        for part, sums in zip(parts, found, strict=True):
            self._sums[part], self._has[part] = sums, True
        return self._sums[rows]


def channel_sums(images: npt.NDArray[np.uint8]) -> Sums:
    """Sum the values of each channel of images (n, C, H, W), and their squares, exactly: (n, 2, C).

    As float32, in groups so small that nothing is rounded: 2.5 times as fast as by whole numbers.
    """
    count, channels, pixels = len(images), images.shape[1], images[0, 0].size if len(images) else 0
    together = next((size for size in range(min(_EXACT, pixels), _FEWEST - 1, -1) if not pixels % size), 0)
    if not together:
        wide = images.astype(np.uint16)  # just wide enough for a square
        return np.stack([each.sum(axis=(2, 3), dtype=np.int64) for each in (images, wide * wide)], axis=1)
    values = torch.from_numpy(images.reshape(count, channels, -1, together)).float()
    sums = torch.stack([values.sum(dim=-1), values.square_().sum(dim=-1)], dim=1)  # (n, 2, C, groups)
    exact: Sums = sums.sum(dim=-1, dtype=torch.float64).to(torch.int64).numpy()
    return exact


def _at_once(shape: tuple[int, ...]) -> int:
    """Return how many images (N, C, H, W) to look at together."""
    return max(_BYTES_AT_ONCE // max(prod(shape[1:]), 1), 1)


# of each store that this process has written: the digest of its content, and what was seen of it
_seen: dict[Path, tuple[str, FirstLook]] = {}


def keep_look(path: Path, content: str, look: FirstLook) -> None:
    """Remember what was seen while a store was written."""
    _seen[path] = (content, look)


def look_at(path: Path, content: str | None) -> FirstLook | None:
    """Return what was seen of a store with this content; None if this process has not written it."""
    found = _seen.get(path)
    return found[1] if found and found[0] == content else None
