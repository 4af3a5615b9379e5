"""Find images that nobody has labelled, and read them a batch at a time."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files.paths import is_file, why_no_file
from image_classification.images.folder.archives.kinds import kind_of_archive
from image_classification.images.folder.found_files import (
    HIDDEN,
    NO_TEXT,
    FoundFile,
    closed_folders,
    find_files,
    shown_name,
)
from image_classification.images.folder.image_table import read_rows
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.columns import choose_path_column
from image_classification.images.folder.tables.locations import locate, root_of
from image_classification.images.folder.tables.table import is_table
from image_classification.images.reading.decode import UnreadableImageError, decode_image, has_many_bits
from image_classification.images.reading.file_status import OK, reason_of
from image_classification.images.reading.memory import MemoryBudget
from image_classification.images.reading.options import Interpolation, ResizeMode
from image_classification.threads import map_in_threads
from image_classification.value_range import ValueRange

logger = logging.getLogger(__name__)

_CLIPPED = 0.98


class NewFile(NamedTuple):
    """A file to classify.

    name: From the folder, or as the table writes it; bytes that are not valid UTF-8 as `\\xe9`. Where a
        spreadsheet would take it for a formula, as `=1.jpg`, it begins with `./`, which is the same path.
    path: Where it is.
    reason: Why it cannot be read, as far as is known without opening it; else "".
    """

    name: str
    path: Path
    reason: str = ""


class NewFiles(NamedTuple):
    """The files that were found, how many hidden ones were skipped, and which folders could not be opened."""

    files: list[NewFile]
    hidden: int = 0
    closed: Sequence[str] = ()


class NewImages(NamedTuple):
    """A batch: the names of n files, why each could not be read ("" if it could), and the m images read.

    images: (m, C, H, W) uint8, in the order of the files.
    """

    names: Sequence[str]
    reasons: Sequence[str]
    images: Tensor


def find_new_images(path: Path, table_parameters: PathTableOptions | None = None) -> NewFiles:
    """Find the files to classify: all but the hidden ones in a folder, the rows of a table, or one file.

    Raises:
        UserError: There is no file in the folder, or the table cannot be read.
    """
    if is_file(path):
        if kind_of_archive(path):
            raise UserError(f"{path} is an archive.\nExpected a folder: unpack it, and name that.")
        if not is_table(path):
            return NewFiles([NewFile(_no_formula(shown_name(path.name)), path)])
        return NewFiles(_files_of_table(path, table_parameters or PathTableOptions()))
    content = find_files(path)
    files = [
        _of_file(file, path, content.real_names.get(place, file.name))
        for place, file in enumerate(content.files)
        if file.status != HIDDEN
    ]
    hidden = len(content.files) - len(files)
    if not files:
        apart = f", apart from {hidden} hidden" if hidden else ""
        raise UserError(f"There is no file in the folder {shown_name(str(path))}{apart}.\nExpected images.")
    return NewFiles(files, hidden, closed_folders(content))


def _files_of_table(path: Path, parameters: PathTableOptions) -> list[NewFile]:
    """Read which files a table names, whatever else it says; or a list with a path in each line.

    Raises:
        UserError: The table cannot be read, has no clear column of files, or names files most of which do not
            exist.
    """
    table = read_rows(path, parameters, may_be_a_list=True)
    column = choose_path_column(table, parameters)
    if column not in (parameters.path, "path"):
        logger.info("%s has no column path: taking %r (%s).", path.name, column, parameters.named("path"))
    root = root_of(path, parameters)
    names = table.columns[column]
    locations = locate(table, names, root, parameters)
    return [
        NewFile(
            _no_formula(name.replace("\0", "\\x00")),  # it is in no path, and ends a text in many programs
            root / location.path,
            "" if location.found else why_no_file(root / location.path),
        )
        if name
        else NewFile("", path, f"{table.place(row)} of the table names no file")
        for row, (name, location) in enumerate(zip(names, locations, strict=True))
    ]


def _of_file(file: FoundFile, folder: Path, real_name: str) -> NewFile:
    reason = "" if file.status in (OK, NO_TEXT) else reason_of(file.status)
    return NewFile(_no_formula(file.name), folder / real_name, reason)


def _no_formula(name: str) -> str:
    return f"./{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def read_new_images(
    files: Sequence[NewFile],
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    batch_size: int,
    value_range: ValueRange | None = None,
    budget: MemoryBudget | None = None,
    interpolation: Interpolation = "bilinear",
) -> Iterator[NewImages]:
    """Decode files as those of an image folder are, with a progress bar and one batch at a time in memory.

    Args:
        files: The files to read.
        image_shape: Channels (1 or 3), height and width that a network takes.
        resize: How its training images were made to fit.
        batch_size: Files in a batch.
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
    with progress_bar("Classifying", total=len(files), unit="images") as advance:
        for start in range(0, len(files), batch_size):
            batch = files[start : start + batch_size]
            decoded = map_in_threads(partial(_decode, decode), batch, advance)
            images = [image for image in decoded if isinstance(image, Tensor)]
            yield NewImages(
                [file.name for file in batch],
                ["" if isinstance(each, Tensor) else each for each in decoded],
                torch.stack(images) if images else torch.empty((0, *image_shape), dtype=torch.uint8),
            )


class ClippedImages:
    """Pass batches on, and name the files of more than 8 bits that are nearly all black and white in them.

    Their numbers were mapped by the range of other images, and may have another range.
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


def _decode(decode: Callable[[Path], Tensor], file: NewFile) -> Tensor | str:
    if file.reason:
        return file.reason
    try:
        return decode(file.path)
    except UnreadableImageError as error:
        # what the system says, such as that it is gone by now, is told whatever its name is
        of_system = isinstance(error.__cause__, OSError) and error.__cause__.errno is not None
        return str(error) if of_system or error.is_picture else "not an image"
