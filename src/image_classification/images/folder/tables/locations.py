"""Where the files of a table are: by its paths as they stand, or by one repair that all of them need."""

import logging
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from image_classification.errors import UserError
from image_classification.files.paths import is_file, is_folder, shortened
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.outside import refuse_outside
from image_classification.images.folder.tables.path_search import Repair
from image_classification.images.folder.tables.repairs import find_repair
from image_classification.images.folder.tables.table import Table
from image_classification.remote.address import is_remote, shared_folder
from image_classification.remote.fetched import here, way_from
from image_classification.words import agreeing, count_of, some

logger = logging.getLogger(__name__)

_TRIED_FOLDERS = 200


class Location(NamedTuple):
    """A file of a table: its path from the root, as written if it is not there."""

    path: str
    found: bool


def root_of(table: Path, options: PathTableOptions) -> Path:
    """Return the folder that the paths of a table start from.

    A named one starts from the table's own folder or the current one; by default it is the table's own.

    Raises:
        UserError: There is no such folder.
    """
    if not options.root:
        return table.parent
    named = here(options.root)
    for folder in (table.parent / named, named):
        if is_folder(folder):
            return folder
    places = f"{table.parent.absolute()} and {Path.cwd()}"
    looked = "" if named.is_absolute() else f"; looked for it in {places}"
    raise UserError(
        f"{options.named('root')} = {options.root}: there is no such folder{looked}.\nExpected the folder "
        f"that the paths in {table} start from."
    )


def locate(table: Table, paths: Sequence[str], root: Path, options: PathTableOptions) -> list[Location]:
    """Find the files that the paths of a table mean.

    Each path is tried as it stands, with \\ as /, and in both normal forms of Unicode. If most lead nowhere,
    a single repair that finds all files is made, and logged; what would be a guess is refused.

    Args:
        table: The table, for messages.
        paths: Those in its rows; "" for none.
        root: What they start from.
        options: How the table is read.

    Raises:
        UserError: Most files are not there; the message says where it looked, and the likely repair. Or some
            lie outside of the root without saying so.
    """
    found = [_direct(root, path) if path else None for path in paths]
    named = [row for row, path in enumerate(paths) if path]
    lost = [row for row in named if found[row] is None]
    if 2 * len(lost) > len(named):
        everything = [paths[row] for row in named]
        repair = find_repair(everything, root, root_is_given=bool(options.root))
        if not repair.files:
            missing = paths[lost[0]]
            raise UserError(
                f"{len(lost)} of the {count_of(len(named), 'file')} that the table {table.path} names "
                f"{agreeing(len(lost), 'does', 'do')} not exist, "
                f"such as {shortened(missing)} ({table.place(lost[0])}).\n"
                f"{_where_they_may_be(missing, everything, root, options, repair)}"
            )
        logger.info("%s: %s", table.path.name, repair.remark)
        for row, file in zip(named, repair.files, strict=True):
            found[row] = file
        lost = [row for row in named if found[row] is None]
    elif any("\\" in paths[row] and found[row] != paths[row] for row in named if found[row]):
        logger.info("%s: the \\ in its paths are read as /.", table.path.name)
    if lost:
        first = f"{shortened(paths[lost[0]])} ({table.place(lost[0])})"
        verb, such = agreeing(len(lost), "does", "do"), agreeing(len(lost), ":", ", such as")
        message = "%d of the %s that %s names %s not exist in %s%s %s."
        files = count_of(len(named), "file")
        logger.warning(message, len(lost), files, table.path.name, verb, root, such, first)
    refuse_outside(table, found, root, options)
    pairs = zip(paths, found, strict=True)
    return [Location(path if file is None else file, file is not None) for path, file in pairs]


def names_from(folder: Path, root: Path, locations: Sequence[Location]) -> list[str]:
    """Return the paths of the files from another folder, with / on every system; "" where none is named.

    They are the same on another machine as long as both folders move together; only what lies elsewhere, or
    behind a link, has its absolute path.
    """
    way = os.path.relpath(root, folder)
    try:
        start = "" if way == "." else way if (folder / way).samefile(root) else str(root.absolute())
    except OSError:
        start = str(root.absolute())
    inside = str(folder.absolute()) + os.sep
    paths = [os.path.join(start, each.path) if each.path else "" for each in locations]  # noqa: PTH118
    return [path.removeprefix(inside).replace(os.sep, "/") for path in paths]


def _where_they_may_be(
    missing: str, paths: Sequence[str], root: Path, options: PathTableOptions, repair: Repair
) -> str:
    """Say where the files of a table were looked for, what is there, and what to set."""
    there = f"for example {repair.example}" if repair.example else "no picture"
    lines = [f"Looked in {root.absolute()}, where there is {there}."]
    if is_remote(missing):
        return "\n".join([*lines, _how_addresses_are_read(paths, root, options)])
    if repair.doubtful:
        path, names = repair.doubtful
        which = f"{shortened(path)} may be any of {some(names, 3)}"
        lines.append(f"{which}: name the one that is meant in the table, with its folder and ending.")
    if repair.other_ending:
        lines.append(f"{repair.other_ending} is there: the paths need the endings that the files have.")
    found = {root / folder: count for folder, count in repair.folders.items()} or _found_nearby(paths, root)
    if repair.too_many:
        lines.append(f"There are so many files that only {repair.too_many:,} were looked at.")
    lines += [
        f"{count} {'is' if count == 1 else 'are'} found if the paths start from {folder}: "
        f"{options.setting(root=str(folder.absolute()))}"
        for folder, count in found.items()
    ]
    if not found and not repair.other_ending:
        lines.append(f"If the paths start from another folder: {options.setting(root='<folder>')}")
    return "\n".join(lines)


def _how_addresses_are_read(paths: Sequence[str], root: Path, options: PathTableOptions) -> str:
    try:
        folder = shared_folder(paths)
    except UserError as error:
        return str(error)
    if folder is None:
        return (
            "They are addresses: download the files, and name them in the table; or have all of them in one "
            "bucket."
        )
    if way_from(root, str(folder)) is not None:
        return f"They are addresses in {folder}, where these files are not."
    return (
        f"They are addresses; what lies in a folder of them is fetched: {options.setting(root=str(folder))}"
    )


def _found_nearby(paths: Sequence[str], root: Path) -> dict[Path, int]:
    """Find the folder beside or above the root that most of the paths start from: folder -> files found."""
    paths = [path.replace("\\", "/") for path in paths]
    sample = paths[:: max(len(paths) // 100, 1)]
    counts = {folder: sum(is_file(folder / path) for path in sample) for folder in _nearby(root.absolute())}
    folder = max(counts, key=lambda each: counts[each])
    return {folder: sum(is_file(folder / path) for path in paths)} if 2 * counts[folder] > len(sample) else {}


def _nearby(root: Path) -> Iterator[Path]:
    yield Path.cwd()
    for above in list(root.parents)[:2]:
        yield above
        try:
            entries = sorted(above.iterdir())
        except OSError:
            continue
        yield from [entry for entry in entries if is_folder(entry)][:_TRIED_FOLDERS]


def _direct(folder: Path, path: str) -> str | None:
    start = str(folder)
    path = way_from(folder, path) or path
    # half the time of Path
    return next((each for each in _readings(path) if is_file(os.path.join(start, each))), None)  # noqa: PTH118


def _path_of_address(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # a bracket that is not part of an address but of the path
        return address[len("file:") :]


def _readings(path: str) -> Iterator[str]:
    """Yield the ways in which systems write the same path."""
    yield os.path.normpath(path)
    yield path  # differs where .. leaves a link
    if path.lower().startswith("file:"):
        path = unquote(_path_of_address(path))
        yield path
    if "\\" in path:
        path = path.replace("\\", "/")
        yield os.path.normpath(path)
    if not path.isascii():
        yield from (unicodedata.normalize(form, os.path.normpath(path)) for form in ("NFC", "NFD"))
