"""Find the files below a person's own path: all of them, and without walking in circles."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.files.paths import exists, is_file, is_folder, why_no_file
from image_classification.files.permissions import missing_permission
from image_classification.images.reading.file_status import OK, ignored, reason_of, unreadable
from image_classification.options import Section
from image_classification.remote.fetched import here
from image_classification.words import did_you_mean, natural_key, nearest_names, printable


def given_path(section: type[Section], option: str, value: str) -> Path:
    """Return the path that an option of a section names; ~ is the home folder.

    Raises:
        UserError: It is empty, or names nothing that exists, where the nearest names that do are suggested;
            or what may not be read.
    """
    what = section.model_fields[option].description
    expected = f"Expected {what}: {section.setting(**{option: '<path>'})}"
    if not value:
        raise UserError(f"{section.named(option)} names nothing yet.\n{expected}")
    path = here(value)
    if missing := missing_permission(path):
        raise UserError(f"{section.named(option)} = {value} cannot be read: {missing}.\n{expected}")
    if is_file(path) or is_folder(path):
        return path
    if exists(path):
        raise UserError(
            f"{section.named(option)} = {value}: it is {why_no_file(path)}.\n{expected}\nWhat comes out of a "
            "pipe or device can be read only once, and is needed several times: write it to a file first."
        )
    absent = path.absolute()
    while absent != absent.parent and not exists(absent.parent):
        absent = absent.parent
    try:
        siblings = [entry.name for entry in absent.parent.iterdir()]
    except OSError:
        siblings = []
    nearest = [str(absent.parent / name) for name in nearest_names(absent.name, siblings)]
    raise UserError(
        f"{section.named(option)} = {value}: there is no {absent}{did_you_mean(nearest)}\n{expected}"
    )


# what operating systems leave beside people's files, apart from names with a dot in front
_LEFT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}

HIDDEN = ignored("hidden")
NO_TEXT = unreadable("its name is not valid UTF-8")
"""The status of files that can be opened, but whose names cannot be written to a table."""


CLOSED = unreadable("the folder cannot be opened")
"""What the status of a folder that may not be read begins with."""


class FoundFile(NamedTuple):
    """A file below a folder.

    name: its path from there, with "/" on every system; it ends in "/" for a folder that is not entered.
    status: "ok" for what may be an image, else why it is left alone.
    """

    name: str
    status: str


class FolderContent(NamedTuple):
    """All files, in natural order, and all folders that were entered, as paths from the root.

    real_names: As the system knows them, by their place among the files, where that is not valid UTF-8.
    is_cut: Whether there are more files.
    """

    files: list[FoundFile]
    folders: list[str]
    real_names: Mapping[int, str] = MappingProxyType({})
    is_cut: bool = False


def find_files(
    root: Path,
    limit: int | None = None,
    enters: Callable[[str], bool] = lambda _: True,
    *,
    without: str = "",
) -> FolderContent:
    """Find all files below the root, up to a limit; links are followed, except to a folder around them.

    Hidden files and folders and those that operating systems leave behind are listed but not entered. Nor are
    folders that `enters` answers False for, by their paths from the root. `without` is the path, from the
    root, of a file that is not to be listed.
    """
    files: list[FoundFile] = []
    folders: list[str] = []
    real_names: dict[int, str] = {}
    for found in _walk(root, "", (os.path.realpath(root),), enters):
        if len(files) == limit:
            return FolderContent(files, folders, real_names, is_cut=True)
        name = found.name if isinstance(found, FoundFile) else found
        shown = shown_name(name)
        if isinstance(found, FoundFile):
            if without and name == without:
                continue
            if shown != name:
                real_names[len(files)] = name
            files.append(FoundFile(shown, NO_TEXT if found.status == OK and shown != name else found.status))
        elif shown == name:
            folders.append(name)
    return FolderContent(files, folders, real_names)


def closed_folders(content: FolderContent) -> list[str]:
    """Return a sentence for each folder that could not be opened, at most ten."""
    closed = [file for file in content.files if file.name.endswith("/") and file.status.startswith(CLOSED)]
    return [f"{printable(file.name)}: {reason_of(file.status)}" for file in closed[:10]]


def unwritable(content: FolderContent) -> dict[str, int]:
    """Return files and outermost folders whose own names are not valid UTF-8: how many files each costs."""
    counts: Counter[str] = Counter()
    for place, name in content.real_names.items():
        if content.files[place].status == NO_TEXT:
            parts = name.split("/")
            first = next(number for number, part in enumerate(parts, 1) if shown_name(part) != part)
            counts["/".join(parts[:first]) + ("/" if first < len(parts) else "")] += 1
    return dict(counts)


def shown_name(name: str) -> str:
    """Return a name as it can be written to a file: bytes that are not valid UTF-8 as \\xe9."""
    # what Python cannot decode it keeps as surrogates, which no file takes
    return "".join(printable(each) if "\ud800" <= each <= "\udfff" else each for each in name)


def _is_folder_or_file(entry: "os.DirEntry[str]") -> tuple[bool, bool]:
    try:
        return entry.is_dir(), entry.is_file()
    except OSError:  # a link to itself
        return False, False


def _walk(
    folder: Path, prefix: str, ancestors: tuple[str, ...], enters: Callable[[str], bool]
) -> Iterator[FoundFile | str]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: natural_key(entry.name))
    except OSError as error:
        if not prefix:
            raise UserError(
                f"The folder {printable(str(folder))} cannot be opened: {error.strerror}."
            ) from error
        yield FoundFile(prefix, f"{CLOSED} ({error.strerror})")
        return
    for entry in entries:
        name = prefix + entry.name
        is_folder, is_file = _is_folder_or_file(entry)
        ending = "/" if is_folder else ""
        if entry.name.startswith(".") or entry.name.lower() in _LEFT_BY_SYSTEMS:
            yield FoundFile(name + ending, HIDDEN)
        elif is_folder:
            real = os.path.realpath(entry.path)
            if real in ancestors:
                yield FoundFile(name + ending, ignored("a link to a folder that it lies in"))
            elif enters(name):
                yield name
                yield from _walk(Path(entry.path), name + "/", (*ancestors, real), enters)
        elif is_file:
            yield FoundFile(name, OK)
        elif entry.is_symlink() and not exists(entry.path):
            yield FoundFile(name, unreadable("a link that leads nowhere"))
        else:
            yield FoundFile(name, ignored("not a regular file"))
