"""List the files of an image folder: what each of them is, by its place and its header."""

import logging
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files.paths import is_file, shortened
from image_classification.images.folder.checks import check_classes
from image_classification.images.folder.found_files import CLOSED, FolderContent, unwritable
from image_classification.images.folder.headers.header import Header
from image_classification.images.folder.headers.known import KnownFiles
from image_classification.images.folder.image_table import read_image_table
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.layout.files import FolderLayout, LabelledFile, read_layout
from image_classification.images.folder.options import ImageFolderOptions, TableOptions
from image_classification.images.folder.places.place import ImagePlace, place_of
from image_classification.images.folder.tables.guesses import advice, table_beside
from image_classification.images.folder.tables.table import SUFFIXES, is_table
from image_classification.images.reading.file_status import OK, OnBadImage, refuse_bad_images
from image_classification.images.reading.pictures import read_ahead
from image_classification.words import some

logger = logging.getLogger(__name__)

_AT_ONCE = 64


def index_image_files(
    place: ImagePlace | Path,
    on_bad_image: OnBadImage = "skip",
    table_parameters: TableOptions | None = None,
    choice: LayoutChoice | None = None,
    to_classify: Callable[[Path], str] | None = None,
    corrections: Path | None = None,
    known: KnownFiles | None = None,
) -> pd.DataFrame:
    """List every file of an image folder or table; nothing is decoded yet, and nothing is changed.

    Args:
        place: Where they are: `<path>/<class>/…`, `<path>/{train,validation,test}/<class>/…` or another
            layout of folders that `read_layout` understands, or a table of files.
        on_bad_image: "fail" to stop at image files whose header cannot be read.
        table_parameters: How a table is read; by default its columns are found.
        choice: Which folders are splits and which classes; by default their names decide.
        corrections: A table that may lie in the folder without being part of the data.
        known: What earlier runs have found in files that are not read again, and what this one finds.
        to_classify: Tells how to classify the pictures in a folder that are left out as nothing labels them.

    Returns:
        One row per file found, in natural order, with the columns name (its path from the folder, or from
        that of the table), class_name, given_split ("train", "validation", "test" or ""), group, sha256
        (hexadecimal), width and height (pixels, upright), mode (Pillow's, or such as RGB;16), these "" or 0
        unless it is an image, and header_status ("ok", "unreadable: <why>" for a broken image,
        "ignored: <why>" for anything else).

    Raises:
        UserError: There is no image, only one class, or a broken image under "fail"; or the folders are
            ambiguous.
    """
    place = place_of(place) if isinstance(place, Path) else place
    layout = _layout(place, table_parameters or TableOptions(), choice or LayoutChoice(), corrections)
    shown = place.shown
    if layout.decision:
        logger.info("%s: %s.", shown, layout.decision)
    for warning in layout.warnings:
        logger.warning("%s", warning)
    if to_classify:
        for folder in layout.unlabelled:
            logger.warning("%s", to_classify(shown / folder))
    headers = _headers(place.path, layout.files, known or KnownFiles(folder_of(place.path)))
    table = pd.DataFrame(
        [(*file[:4], *header) for file, header in zip(layout.files, headers, strict=True)],
        columns=["name", "class_name", "given_split", "group", *Header._fields],
    )
    remedy = ImageFolderOptions.setting(on_bad_image="skip")
    refuse_bad_images(table, "header_status", on_bad_image, shown, remedy)
    check_classes(table, shown, layout)
    return table.astype(dict.fromkeys(table.columns.drop(["width", "height"]), "str"))


def folder_of(path: Path) -> Path:
    """Return the folder that the names in an image folder or table start from."""
    return path.parent if is_file(path) else path


def _layout(
    place: ImagePlace, parameters: TableOptions, choice: LayoutChoice, corrections: Path | None
) -> FolderLayout:
    if is_file(place.path):
        return _layout_of_table(place, parameters, choice)
    path = place.shown
    if given := parameters.model_dump(exclude_defaults=True):
        name, value = next(iter(given.items()))
        raise UserError(
            f"{parameters.named(name)} = {value} is about a table, but {path} is a folder.\n"
            f"Expected a file {', '.join(SUFFIXES)} as {ImageFolderOptions.named('path')}; or none of "
            f"{ImageFolderOptions.named('table')}."
        )
    content = place.content(without=_inside(place.path, corrections))
    table = table_beside(place.path, [file.name for file in content.files if file.status == OK])
    if not table:
        return _without_lost(read_layout(content, choice, path), content)
    try:
        layout = _without_lost(read_layout(content, choice, path, table), content)
    except UserError as error:
        if table in str(error):  # it is among the answers
            raise
        raise UserError(f"{error}\n{advice(path, table)}") from error
    if choice != LayoutChoice():  # whoever says what the folders are knows about the table
        return layout
    return layout._replace(warnings=(*layout.warnings, advice(path, table)))


def _layout_of_table(place: ImagePlace, parameters: TableOptions, choice: LayoutChoice) -> FolderLayout:
    if not is_table(place.path):
        raise UserError(
            f"{ImageFolderOptions.named('path')} = {place.shown} is neither a folder nor a table nor an "
            f"archive.\nExpected a folder with a folder of images per class, a zip or tar file of one, or a "
            f"file {', '.join(SUFFIXES)}."
        )
    if choice != LayoutChoice():
        raise UserError(
            f"{ImageFolderOptions.named('layout')} and {ImageFolderOptions.named('splits')} are about "
            f"folders, but {place.shown} is a table.\n"
            f"Expected the splits in a column of the table ({parameters.named('split')}), not in these."
        )
    files = read_image_table(place.path, parameters)
    if place.is_unpacked and (outside := [file.name for file in files if Path(file.name).is_absolute()]):
        raise UserError(
            f"The table {place.shown} in an archive names files outside of it, such as "
            f"{shortened(outside[0])}.\nExpected paths that start from the table; or unpack "
            "it yourself, and name the table."
        )
    return FolderLayout(files, [])


def _inside(folder: Path, file: Path | None) -> str:
    """Return the path of a file from a folder, "" if it does not lie there."""
    if file is None or not file.resolve().is_relative_to(folder.resolve()):
        return ""
    return file.resolve().relative_to(folder.resolve()).as_posix()


def _without_lost(layout: FolderLayout, content: FolderContent) -> FolderLayout:
    """Warn of folders that may not be opened, nobody knows what is in them, and of names that are no text."""
    if no_text := unwritable(content):
        inside = (
            f" ({count:,} of its files)" if place.endswith("/") else "" for place, count in no_text.items()
        )
        shown = some(map("".join, zip(no_text, inside, strict=True)))
        warning = f"Left out, as these names are not valid UTF-8: {shown}. Rename them."
        layout = layout._replace(warnings=(*layout.warnings, warning))
    closed = [file.name for file in content.files if file.status.startswith(CLOSED)]
    if not closed:
        return layout
    warning = f"What is in these folders is left out, as they may not be read: {some(closed)}."
    open_ones = [
        name for name in layout.class_folders if not any(f"/{name}/" in f"/{each}" for each in closed)
    ]
    return layout._replace(class_folders=open_ones, warnings=(*layout.warnings, warning))


def _headers(path: Path, files: list[LabelledFile], known: KnownFiles) -> list[Header]:
    # in one thread: reading a header is work in Python, 95 µs a file; two threads take 190 µs
    folder = folder_of(path)
    headers: list[Header] = []
    with progress_bar("Looking at files", total=len(files), unit="files") as advance:
        for start in range(0, len(files), _AT_ONCE):
            for file in files[start + _AT_ONCE : start + 2 * _AT_ONCE]:
                if file.status == OK and file.name not in known:
                    read_ahead(folder / file.name)
            chunk = files[start : start + _AT_ONCE]
            headers += [
                known.header(file.name) if file.status == OK else Header(header_status=file.status)
                for file in chunk
            ]
            advance(len(chunk))
    return headers
