"""Where the files of a table are: by its paths as they stand, or by one repair that all of them need."""

import logging
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from image_classification.errors import UserError
from image_classification.files import is_file, is_folder, shortened, with_home
from image_classification.images.folder.tables.elsewhere import nothing_found
from image_classification.images.folder.tables.repairs import find_repair
from image_classification.images.folder.tables.table import Table

logger = logging.getLogger(__name__)


class Location(NamedTuple):
    """A file of a table: its path from the root, as written if it is not there."""

    path: str
    found: bool


class Root(NamedTuple):
    """What the paths of a table start from.

    folder: That one.
    is_given: Whether a person named it.
    parameter: That names it.
    """

    folder: Path
    is_given: bool
    parameter: str


def root_of(table: Path, given: str, parameter: str) -> Root:
    """The folder that a person names, from the table's own folder or the current one; else the table's own.

    Raises:
        UserError: There is no such folder.
    """
    if not given:
        return Root(table.parent, False, parameter)
    named = with_home(given)
    for folder in (table.parent / named, named):
        if is_folder(folder):
            return Root(folder, True, parameter)
    places = f"{table.parent.absolute()} and {Path.cwd()}"
    looked = "" if named.is_absolute() else f"; looked for it in {places}"
    raise UserError(
        f"{parameter} = {given}: there is no such folder{looked}.\nExpected the folder that the "
        f"paths in {table} start from."
    )


def locate(table: Table, paths: Sequence[str], root: Root) -> list[Location]:
    """Find the files that the paths of a table mean.

    Each path is tried as it stands, with \\ as /, and in both normal forms of Unicode. If most lead nowhere,
    a single repair that finds all files is made, and told; what would be a guess is refused.

    Args:
        table: The table, for messages.
        paths: What stands in its rows; "" is none.
        root: What they start from.

    Raises:
        UserError: Most files are not there; with the place looked in and the likely repair.
    """
    found = [_direct(root.folder, path) if path else None for path in paths]
    named = [row for row, path in enumerate(paths) if path]
    lost = [row for row in named if found[row] is None]
    if 2 * len(lost) > len(named):
        repair = find_repair([paths[row] for row in named], root.folder, root_is_given=root.is_given)
        if not repair.files:
            told = [(paths[row], table.place(row)) for row in lost]
            everything = [paths[row] for row in named]
            raise UserError(nothing_found(table.path, told, everything, root.folder, root.parameter, repair))
        logger.info("%s: %s", table.path.name, repair.remark)
        for row, file in zip(named, repair.files, strict=True):
            found[row] = file
        lost = [row for row in named if found[row] is None]
    elif any("\\" in paths[row] and found[row] != paths[row] for row in named if found[row]):
        logger.info("%s: the \\ in its paths are read as /.", table.path.name)
    if lost:
        first = f"{shortened(paths[lost[0]])} ({table.place(lost[0])})"
        message = "%d of the %d files that %s names do not exist in %s, such as %s."
        logger.warning(message, len(lost), len(named), table.path.name, root.folder, first)
    pairs = zip(paths, found, strict=True)
    return [Location(path if file is None else file, file is not None) for path, file in pairs]


def names_from(folder: Path, root: Path, locations: Sequence[Location]) -> list[str]:
    """The paths of the files from another folder, with / on every system; "" where none is named.

    They are the same on another machine as long as both folders move together; only what lies elsewhere, or
    behind a link, has its whole path.
    """
    way = os.path.relpath(root, folder)
    try:
        start = "" if way == "." else way if (folder / way).samefile(root) else str(root.absolute())
    except OSError:
        start = str(root.absolute())
    inside = str(folder.absolute()) + os.sep
    paths = [os.path.join(start, each.path) if each.path else "" for each in locations]  # noqa: PTH118
    return [path.removeprefix(inside).replace(os.sep, "/") for path in paths]


def _direct(folder: Path, path: str) -> str | None:
    start = str(folder)
    # half the time of Path
    return next((each for each in _readings(path) if is_file(os.path.join(start, each))), None)  # noqa: PTH118


def _path_of_address(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # a bracket that is no part of an address: the path has it
        return address[len("file:") :]


def _readings(path: str) -> Iterator[str]:
    """The ways in which systems write the same path."""
    yield os.path.normpath(path)
    yield path  # the same but where a link is left by ..
    if path.lower().startswith("file:"):
        path = unquote(_path_of_address(path))
        yield path
    if "\\" in path:
        path = path.replace("\\", "/")
        yield os.path.normpath(path)
    if not path.isascii():
        yield from (unicodedata.normalize(form, os.path.normpath(path)) for form in ("NFC", "NFD"))
