"""The table of the files of an image folder: what each of them is, by its place and its header."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.images import image_table
from image_classification.images.bad_images import OnBadImage, refuse_bad_images
from image_classification.images.deep_pixels import deep_mode
from image_classification.images.file_content import open_content, read_ahead
from image_classification.images.file_status import OK, ignored, unreadable
from image_classification.images.folder_layout import FolderLayout, LabelledFile, read_layout
from image_classification.images.found_files import find_files
from image_classification.images.image_files_checks import check_classes
from image_classification.images.orientation import upright_size
from image_classification.images.pictures import open_picture, should_be_picture, what_is_wrong

_AT_ONCE = 64


class _Header(NamedTuple):
    status: str
    sha256: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""


def index_image_files(path: Path, on_bad_image: OnBadImage = "skip", group: str = "") -> pd.DataFrame:
    """Look at every file of an image folder or table: nothing is decoded yet, and nothing is changed.

    Args:
        path: `<path>/<class>/…`, `<path>/{train,validation,test}/<class>/…`, or a table of files.
        on_bad_image: "fail" to stop at image files whose header cannot be read.
        group: Column of the table whose values keep images together.

    Returns:
        One row per file found, in natural order, with the columns name (from the folder, or as in the
        table), class_name, given_split ("train", "validation", "test" or ""), group, sha256 (hexadecimal; ""
        of what is no image), width and height (pixels, upright; 0 of what is no image), mode (Pillow's, or
        such as RGB;16), header_status ("ok", "unreadable: <why>" of a broken image, "ignored: <why>" of
        anything else).

    Raises:
        UserError: There is no image, only one class, or a broken image under "fail".
    """
    layout = _layout(path, group)
    headers = _headers(path, layout.files)
    table = pd.DataFrame(
        [(*file[:4], *header) for file, header in zip(layout.files, headers, strict=True)],
        columns=["name", "class_name", "given_split", "group", "header_status", *_Header._fields[1:]],
    )
    refuse_bad_images(table, "header_status", on_bad_image, path)
    check_classes(table, path, layout.class_folders)
    strings = [column for column in table.columns if column not in ("width", "height")]
    columns = ["name", "class_name", "given_split", "group", "sha256", "width", "height", "mode"]
    return table.astype(dict.fromkeys(strings, "str"))[[*columns, "header_status"]]


def folder_of(path: Path) -> Path:
    """The folder that the names of an image folder or table start from."""
    return path.parent if path.is_file() else path


def _layout(path: Path, group: str) -> FolderLayout:
    if path.is_file():
        if path.suffix.lower() not in image_table.SUFFIXES:
            raise UserError(
                f"image_folder.path = {path} is neither a folder nor a table.\n"
                f"Expected a folder with a folder of images per class, or a file {image_table.SUFFIXES}."
            )
        return FolderLayout(image_table.read_image_table(path, group), [])
    if group:
        raise UserError(
            f"image_folder.split.group = {group} names a column of a table, but {path} is a folder.\n"
            "Expected a table with the columns path, label and that one as image_folder.path; or no group."
        )
    return read_layout(find_files(path))


def _headers(path: Path, files: list[LabelledFile]) -> list[_Header]:
    # in one thread: reading headers is Python's own work, 95 µs a file, and two threads need 190 µs for it
    folder = folder_of(path)
    headers: list[_Header] = []
    with progress_bar("Looking at files", total=len(files), unit="files") as advance:
        for start in range(0, len(files), _AT_ONCE):
            for file in files[start + _AT_ONCE : start + 2 * _AT_ONCE]:
                if file.status == OK:
                    read_ahead(folder / file.name)
            chunk = files[start : start + _AT_ONCE]
            headers += [_read_header(folder, file) for file in chunk]
            advance(len(chunk))
    return headers


def _read_header(folder: Path, labelled: LabelledFile) -> _Header:
    if labelled.status != OK:
        return _Header(labelled.status)
    path = folder / labelled.name
    try:
        with open_content(path) as file, open_picture(path, file) as picture:
            width, height = upright_size(picture, file)
            mode = deep_mode(picture) or picture.mode
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except Exception as error:  # Pillow's parsers raise errors of every kind on broken files
        reason = what_is_wrong(error, path)
        opened = not isinstance(error, OSError) or error.errno is None
        return _Header(ignored("no image") if opened and not should_be_picture(path) else unreadable(reason))
    return _Header(OK, sha256, width, height, mode)
