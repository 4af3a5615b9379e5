"""Read images that nobody has labelled, a batch at a time, and the next ones ahead."""

import hashlib
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from image_classification.images.folder.new_images import NewFile
from image_classification.images.reading.decode import UnreadableImageError, decode_image, has_many_bits
from image_classification.images.reading.memory import MemoryBudget
from image_classification.images.reading.options import Interpolation, ResizeMode
from image_classification.images.reading.pictures import open_content
from image_classification.threads import ahead_in_threads
from image_classification.value_range import ValueRange

_CLIPPED = 0.98


class NewImages(NamedTuple):
    """A batch: n files, why each could not be read ("" if it could), and the m images read.

    images: (m, C, H, W) uint8, in the order of the files.
    sha256: Of all that is in each file, 32 bytes; none of one that could not be read.
    """

    files: Sequence[NewFile]
    reasons: Sequence[str]
    images: Tensor
    sha256: Sequence[bytes]


def in_batches(files: Sequence[NewFile], batch_size: int) -> Iterator[Sequence[NewFile]]:
    """Divide files into batches."""
    return (files[start : start + batch_size] for start in range(0, len(files), batch_size))


def read_new_images(
    batches: Iterable[Sequence[NewFile]],
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    value_range: ValueRange | None = None,
    budget: MemoryBudget | None = None,
    interpolation: Interpolation = "bilinear",
) -> Generator[NewImages]:
    """Decode files as those of an image folder are; the next batches are decoded while one is used.

    Args:
        batches: The files to read.
        image_shape: Channels (1 or 3), height and width that a network takes.
        resize: How its training images were made to fit.
        value_range: Which numbers became black and white in its training images of more than 8 bits a
            channel.
        budget: The memory that all threads share; None: that of the process.
        interpolation: How they were resized.
    """
    decode = partial(
        decode_image,
        image_shape=image_shape,
        resize=resize,
        value_range=value_range,
        budget=budget,
        interpolation=interpolation,
    )
    given: list[Sequence[NewFile]] = []

    def noted() -> Iterator[Sequence[NewFile]]:
        for batch in batches:
            given.append(batch)
            yield batch

    for decoded in ahead_in_threads(partial(_decode, decode), noted()):
        images = [image for image, _ in decoded if isinstance(image, Tensor)]
        yield NewImages(
            given.pop(0),
            ["" if isinstance(each, Tensor) else each for each, _ in decoded],
            torch.stack(images) if images else torch.empty((0, *image_shape), dtype=torch.uint8),
            [sha256 for _, sha256 in decoded],
        )


def clipped(batch: NewImages) -> list[str]:
    """Name the files of more than 8 bits of a batch that are nearly all black and white.

    Their numbers were mapped by the range of other images, and may have another range.
    """
    readable = [file for file, reason in zip(batch.files, batch.reasons, strict=True) if not reason]
    images = batch.images.flatten(1)
    extreme = ((images == 0) | (images == 255)).float().mean(dim=1) >= _CLIPPED
    suspects = [readable[place] for place in extreme.nonzero().flatten().tolist()]
    return [file.name for file in suspects if has_many_bits(file.path)]


def _decode(decode: Callable[..., Tensor], file: NewFile) -> tuple[Tensor | str, bytes]:
    """Return the image of a file, or why there is none, and the digest of the file."""
    if file.reason:
        return file.reason, b""
    content, sha256 = _read(file.path)
    try:
        return decode(file.path, content=content), sha256
    except UnreadableImageError as error:
        # what the system says, such as that it is gone by now, is told whatever its name is
        of_system = isinstance(error.__cause__, OSError) and error.__cause__.errno is not None
        return str(error) if of_system or error.is_picture else "not an image", b""


def _read(path: Path) -> tuple[bytes | None, bytes]:
    """Return what is in a file, None if it is large, and its digest; why it cannot be read, decoding says."""
    try:
        with open_content(path) as opened:
            sha256 = hashlib.file_digest(opened, "sha256").digest()
            return opened.getvalue() if isinstance(opened, io.BytesIO) else None, sha256
    except (OSError, ValueError):  # a NUL in the name
        return None, b""
