"""Reading images that nobody has labelled, a batch at a time."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.images.decode import UnreadableImageError, decode_image
from image_classification.images.file_status import OK
from image_classification.images.found_files import find_files
from image_classification.images.threads import map_in_threads
from image_classification.images.value_range import ValueRange
from image_classification.parameters.image_folder import ResizeMode


class NewImages(NamedTuple):
    """A batch: the names of n files, why each could not be read ("" if it could), the images of the others.

    images: (m, C, H, W) uint8, in the order of the files, m of n could be read.
    """

    names: Sequence[str]
    reasons: Sequence[str]
    images: Tensor


def find_new_images(path: Path) -> list[str]:
    """The names of the files to classify, from the folder: all but hidden ones; or of the one file.

    Raises:
        UserError: There is no file in the folder.
    """
    if path.is_file():
        return [path.name]
    names = [file.name for file in find_files(path).files if file.status == OK]
    if not names:
        raise UserError(f"inference.images = {path}: there is no file in this folder.\nExpected images.")
    return names


def read_new_images(
    folder: Path,
    names: Sequence[str],
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    batch_size: int,
    value_range: ValueRange | None = None,
) -> Iterator[NewImages]:
    """Decode the files as those of an image folder are, with a progress bar; only a batch is in memory.

    Args:
        folder: What the names start from.
        names: Of the files.
        image_shape: Channels (1 or 3), height, width that a network takes.
        resize: How its images were made to fit.
        batch_size: Files in a batch.
        value_range: Which numbers became black and white in its images of more than 8 bits a channel.
    """
    decode = partial(_decode, folder, image_shape, resize, value_range)
    with progress_bar("Classifying", total=len(names), unit="images") as advance:
        for start in range(0, len(names), batch_size):
            batch = names[start : start + batch_size]
            decoded = map_in_threads(decode, batch, advance)
            images = [image for image in decoded if isinstance(image, Tensor)]
            yield NewImages(
                batch,
                ["" if isinstance(each, Tensor) else each for each in decoded],
                torch.stack(images) if images else torch.empty((0, *image_shape), dtype=torch.uint8),
            )


def _decode(
    folder: Path,
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    value_range: ValueRange | None,
    name: str,
) -> Tensor | str:
    try:
        return decode_image(folder / name, image_shape, resize, value_range)
    except UnreadableImageError as error:
        return str(error) if error.is_picture else "not an image"
