"""The images of a store that is being filled, and the room that they take on the disk."""

import errno
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from math import prod
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from image_classification.errors import UserError
from image_classification.files.troubles import cannot_be_written, free_room
from image_classification.images.store.first_look import FirstLook
from image_classification.images.store.options import ImageOptions

_COPIED_AT_ONCE = 2**24  # bytes
_FLUSHED_AT_ONCE = 2**26  # bytes


class ImageBlock:
    """A block of (N, C, H, W) uint8 inside a file, to be written from any number of threads.

    It is written to, not mapped: the system has to set up each page of a map when it is first touched, which
    takes 170 µs for an image of 224 x 224 pixels; writing it takes 50. What is written is sent to the disk
    at once, while others are decoded: at the end, all would wait for it.

    Attributes:
        shape: N, C, H, W.
        look: What is seen of the images that are written.
    """

    def __init__(self, path: Path, start: int, shape: tuple[int, int, int, int]) -> None:
        self.shape = shape
        self.look = FirstLook(shape)
        self._start = start
        self._file = path.open("r+b", buffering=0)
        self._lock = Lock()
        self._flusher = ThreadPoolExecutor(1)
        self._flushing: Future[None] | None = None
        self._unflushed = 0

    def __len__(self) -> int:
        return self.shape[0]

    def write(self, row: int, images: npt.NDArray[np.uint8]) -> None:
        """Write images (n, C, H, W), the first of them to the given row."""
        if images.shape[1:] != self.shape[1:] or not 0 <= row <= row + len(images) <= len(self):
            raise ValueError(f"images {images.shape} do not fit into {self.shape} at row {row}")
        pixels = np.ascontiguousarray(images, dtype=np.uint8)
        self.look.see(row, pixels)
        left = pixels.reshape(-1).data
        place = self._start + row * prod(self.shape[1:])
        while left:  # a single call writes at most 2 GB
            written = self._write_at(place, left)
            left, place = left[written:], place + written
        self._flush_soon(pixels.size)

    def copy(self, row: int, file: int, begin: int, row_before: int, count: int) -> None:
        """Copy images from a file in which others of the same shape begin at a byte.

        Args:
            row: Where the first of them goes.
            file: Its descriptor.
            begin: Where the images are in it, bytes.
            row_before: The first of those that are copied.
            count: How many.
        """
        size = prod(self.shape[1:])
        place, place_before, left = self._start + row * size, begin + row_before * size, count * size
        while left:
            copied = self._copy_at(file, place_before, place, min(left, _COPIED_AT_ONCE))
            if not copied:
                raise OSError(errno.EIO, "the store before ends within its images")
            place, place_before, left = place + copied, place_before + copied, left - copied
            self._flush_soon(copied)

    def _copy_at(self, file: int, place_before: int, place: int, length: int) -> int:
        if hasattr(os, "copy_file_range"):
            with suppress(OSError):  # some file systems cannot
                return os.copy_file_range(file, self._file.fileno(), length, place_before, place)
        os.lseek(file, place_before, os.SEEK_SET)
        content = memoryview(os.read(file, length))
        return self._write_at(place, content) if content else 0

    def _write_at(self, place: int, content: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._file.fileno(), content, place)
        with self._lock:
            self._file.seek(place)
            return self._file.write(content) or 0

    def _flush_soon(self, written: int) -> None:
        with self._lock:
            self._unflushed += written
            if self._unflushed < _FLUSHED_AT_ONCE or (self._flushing and not self._flushing.done()):
                return
            done, self._unflushed = self._flushing, 0
            self._flushing = self._flusher.submit(self._flush)
        if done:
            done.result()  # raises what has kept it from the disk

    def _flush(self) -> None:
        getattr(os, "fdatasync", os.fsync)(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # the rest is sent to the disk with the header, before the file gets its name
        with self._file, self._flusher:
            if error is None and self._flushing:
                self._flushing.result()


def reserve(file_descriptor: int, size: int, path: Path) -> None:
    """Take the room on the disk now: a disk that is too full shows before anything is decoded.

    Raises:
        UserError: There is less room than that.
    """
    free = free_room(path)
    try:
        if free is not None and free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file_descriptor, 0, size)
        else:
            os.truncate(file_descriptor, size)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None) or errno.EFBIG  # a size beyond all files
        message = cannot_be_written(
            path, number, reason=getattr(error, "strerror", None) or str(error), size=size, free=free
        )
        raise UserError(
            f"{message.replace(str(path), f'the image store {path}', 1)} "
            f"Or choose a smaller {ImageOptions.named('size')}."
        ) from error
