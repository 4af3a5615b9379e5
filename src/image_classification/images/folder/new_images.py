"""Images that nobody has labelled: finding them, and reading them a batch at a time."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files import is_file
from image_classification.images.folder.found_files import HIDDEN, NO_TEXT, find_files, shown_name
from image_classification.images.folder.image_table import TableFile, read_new_image_table
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.table import is_table
from image_classification.images.reading.decode import UnreadableImageError, decode_image, has_many_bits
from image_classification.images.reading.file_status import OK, reason_of
from image_classification.images.reading.options import ResizeMode
from image_classification.threads import map_in_threads
from image_classification.value_range import ValueRange

_CLIPPED = 0.98


class NewFile(NamedTuple):
    """A file to classify.

    name: From the folder, or as the table writes it; what is no valid UTF-8 in it with a backslash. Where a
        spreadsheet would take it for a formula, as `=1.jpg`, it begins with `./`, which is the same path.
    path: Where it is.
    reason: Why it cannot be read, as far as is known without opening it; else "".
    """

    name: str
    path: Path
    reason: str = ""


class NewFiles(NamedTuple):
    """All that were found, in order, and how many hidden ones were passed over."""

    files: list[NewFile]
    hidden: int = 0


class NewImages(NamedTuple):
    """A batch: the names of n files, why each could not be read ("" if it could), the images of the others.

    images: (m, C, H, W) uint8, in the order of the files, m of n could be read.
    """

    names: Sequence[str]
    reasons: Sequence[str]
    images: Tensor


def find_new_images(path: Path, table_parameters: PathTableOptions | None = None) -> NewFiles:
    """Find the files to classify: all but hidden ones in a folder, the rows of a table, or the one file.

    Raises:
        UserError: There is no file in the folder, or the table cannot be read.
    """
    if is_file(path):
        if not is_table(path):
            return NewFiles([NewFile(_no_formula(shown_name(path.name)), path)])
        rows = read_new_image_table(path, table_parameters)
        return NewFiles([_of_row(row, path) for row in rows])
    content = find_files(path)
    seen = [file for file in content.files if file.status != HIDDEN]
    hidden = len(content.files) - len(seen)
    if not seen:
        raise UserError(
            f"inference.images = {shown_name(str(path))}: there is no file in this folder"
            f"{f' but {hidden} hidden ones' if hidden else ''}.\nExpected images."
        )
    return NewFiles(
        [
            NewFile(
                _no_formula(file.name),
                path / content.real_names.get(file.name, file.name),
                "" if file.status in (OK, NO_TEXT) else reason_of(file.status),
            )
            for file in seen
        ],
        hidden,
    )


def _of_row(row: TableFile, table: Path) -> NewFile:
    reason = "" if row.path else f"{row.place} of the table names no file"
    return NewFile(_no_formula(row.shown), row.path or table, reason)


def _no_formula(name: str) -> str:
    return f"./{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def read_new_images(
    files: Sequence[NewFile],
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    batch_size: int,
    value_range: ValueRange | None = None,
) -> Iterator[NewImages]:
    """Decode the files as those of an image folder are, with a progress bar; only a batch is in memory.

    Args:
        files: What to read.
        image_shape: Channels (1 or 3), height, width that a network takes.
        resize: How its images were made to fit.
        batch_size: Files in a batch.
        value_range: Which numbers became black and white in its images of more than 8 bits a channel.
    """
    decode = partial(_decode, image_shape, resize, value_range)
    with progress_bar("Classifying", total=len(files), unit="images") as advance:
        for start in range(0, len(files), batch_size):
            batch = files[start : start + batch_size]
            decoded = map_in_threads(decode, batch, advance)
            images = [image for image in decoded if isinstance(image, Tensor)]
            yield NewImages(
                [file.name for file in batch],
                ["" if isinstance(each, Tensor) else each for each in decoded],
                torch.stack(images) if images else torch.empty((0, *image_shape), dtype=torch.uint8),
            )


class ClippedImages:
    """Passes the batches of files on and names those of more than 8 bits of which hardly anything is neither
    black nor white: their numbers were mapped by the range of other images, and may be of another one.
    """

    def __init__(self, batches: Iterator[NewImages], files: Sequence[NewFile]) -> None:
        self._batches = batches
        self._files = iter(files)
        self.names: list[str] = []

    def __iter__(self) -> Iterator[NewImages]:
        for batch in self._batches:
            of_batch = zip(batch.reasons, self._files, strict=False)  # the files go on in the next batch
            readable = [file for reason, file in of_batch if not reason]
            images = batch.images.flatten(1)
            clipped = ((images == 0) | (images == 255)).float().mean(dim=1) >= _CLIPPED
            suspects = [readable[place] for place in clipped.nonzero().flatten().tolist()]
            self.names += [file.name for file in suspects if has_many_bits(file.path)]
            yield batch


def _decode(
    image_shape: tuple[int, int, int], resize: ResizeMode, value_range: ValueRange | None, file: NewFile
) -> Tensor | str:
    if file.reason:
        return file.reason
    try:
        return decode_image(file.path, image_shape, resize, value_range)
    except UnreadableImageError as error:
        # what the system says, such as that it is gone by now, is said whatever its name
        of_system = isinstance(error.__cause__, OSError) and error.__cause__.errno is not None
        return str(error) if of_system or error.is_picture else "not an image"
