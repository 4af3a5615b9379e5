"""The memory that decoding takes: a budget for all threads, in which large pictures wait for each other.

A picture of 13,000 x 13,000 pixels may be a file of half a megabyte, and takes 2 to 5 GB while it is decoded.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

from PIL import Image

from image_classification.memory import available_memory

_GIB = 2**30
_SHARE = 4  # the part of what is free that is taken where nobody says how much, 1 / 4
_LEAST = _GIB // 4

# Bytes a pixel, measured as the largest resident memory of a process while it decodes 3000 x 3000 pixels, and
# rounded up: Pillow keeps 4 bytes for a colour, and a copy is made for each change of mode and for torch.
_FAST_JPEG, _PROGRESSIVE = 8, 7
_COLOURS, _TRANSPARENT = 14, 20
_DEEP, _DEEP_CHANNEL = 12, 30
_OF_CODEC = 16  # formats whose libraries hold the whole picture up to four times more
_WITH_CODEC = {"WEBP", "AVIF", "HEIF", "JPEG2000"}


_WORTH_COUNTING = 2**20  # pixels: below, to ask for memory would take a part of the time


class TooLargeError(Exception):
    """A picture needs more memory than there is; the message is the reason."""


def bytes_needed(picture: Image.Image, scale: int, deep_mode: str | None, *, is_jpeg: bool) -> int:
    """Estimate how many bytes of memory it takes to decode a picture and to resize it.

    Args:
        picture: What Pillow made of the header.
        scale: By what its height and width are divided while it is decoded.
        deep_mode: The kind of its pixels if they have more than 8 bits a channel.
        is_jpeg: Whether it is decoded by libjpeg-turbo, without Pillow's copies.
    """
    pixels = picture.width * picture.height
    if deep_mode:
        return pixels * (_DEEP + _DEEP_CHANNEL * len(picture.getbands()))
    # all coefficients of a progressive picture are kept, whatever the scale
    whole = pixels * _PROGRESSIVE if picture.info.get("progressive") else 0
    if is_jpeg:
        return whole + pixels * _FAST_JPEG // scale**2
    each = _TRANSPARENT if picture.has_transparency_data else _COLOURS
    each += _OF_CODEC if picture.format in _WITH_CODEC else 0
    return whole + pixels * each // scale**2


class MemoryBudget:
    """Bytes that threads take before they decode a picture, and give back afterwards.

    Who finds too few left waits, in the order of arrival. A picture that needs more than all of them is
    decoded while no other one is, if the machine has that much.

    Args:
        total: Bytes.
        remedy: What to set to have more, for messages.
        free: Tells how many bytes of memory are free.
    """

    def __init__(self, total: int, remedy: str = "", free: Callable[[], int] | None = None) -> None:
        self.total = total
        self._remedy = remedy
        self._free = free or available_memory
        self._used = 0
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    def for_picture(
        self, picture: Image.Image, scale: int, deep_mode: str | None, *, is_jpeg: bool
    ) -> AbstractContextManager[None]:
        """Hold what `bytes_needed` says during a block; a small picture goes uncounted."""
        if picture.width * picture.height < _WORTH_COUNTING:
            return nullcontext()
        return self.held(bytes_needed(picture, scale, deep_mode, is_jpeg=is_jpeg), picture.size)

    @contextmanager
    def held(self, needed: int, size: tuple[int, int]) -> Iterator[None]:
        """Hold that many bytes during the block.

        Args:
            needed: Bytes.
            size: Width and height of the picture, for the message.

        Raises:
            TooLargeError: The machine does not have as many.
        """
        with self._changed:
            if self._waiting or not self._has(needed):
                self._wait(needed)
            if needed > self.total and needed > (free := self._free()):
                raise TooLargeError(self._too_large(needed, size, free))
            self._used += needed
        try:
            yield
        finally:
            with self._changed:
                self._used -= needed
                if self._waiting:
                    self._changed.notify_all()

    def _has(self, needed: int) -> bool:
        return self._used == 0 or self._used + needed <= self.total

    def _wait(self, needed: int) -> None:
        ticket = object()
        self._waiting.append(ticket)
        try:
            self._changed.wait_for(lambda: self._waiting[0] is ticket and self._has(needed))
        finally:
            self._waiting.remove(ticket)
            self._changed.notify_all()  # there may be enough for the next one as well

    def _too_large(self, needed: int, size: tuple[int, int], free: int) -> str:
        text = (
            f"{size[0]:,} x {size[1]:,} pixels, which take {needed / _GIB:.1f} GiB of memory to decode: "
            f"more than the {self.total / _GIB:.1f} GiB of the budget and the {max(free, 0) / _GIB:.1f} GiB "
            "that are free"
        )
        return (
            f"{text}; make the picture smaller, or try it nevertheless: {self._remedy}"
            if self._remedy
            else text
        )


def budget_of(gibibytes: float | None, remedy: str = "") -> MemoryBudget:
    """Return a budget of so many GiB; None: a quarter of what is free now."""
    if gibibytes is None:
        return MemoryBudget(max(available_memory() // _SHARE, _LEAST), remedy)
    return MemoryBudget(round(gibibytes * _GIB), remedy)


@cache
def usual_budget() -> MemoryBudget:
    """Return the budget of all who name none, one for the process."""
    return budget_of(None)
