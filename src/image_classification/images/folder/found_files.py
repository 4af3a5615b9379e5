"""Find the files below a person's own path: all of them, and without walking in circles."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.files import exists, with_home
from image_classification.images.reading.file_status import OK, ignored, unreadable
from image_classification.options import Section
from image_classification.permissions import missing_permission
from image_classification.words import did_you_mean, natural_key, nearest_names


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
    path = with_home(value)
    if missing := missing_permission(path):
        raise UserError(f"{section.named(option)} = {value} cannot be read: {missing}.\n{expected}")
    if exists(path):
        return path
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

    real_names: For names that are not valid UTF-8: as shown -> as the system knows them.
    is_cut: Whether there are more files.
    """

    files: list[FoundFile]
    folders: list[str]
    real_names: Mapping[str, str] = MappingProxyType({})
    is_cut: bool = False


def find_files(root: Path, limit: int | None = None) -> FolderContent:
    """Find all files below the root, up to a limit; links are followed, except to a folder around them.

    Hidden files and folders and those that operating systems leave behind are listed but not entered.
    """
    files: list[FoundFile] = []
    folders: list[str] = []
    real_names: dict[str, str] = {}
    for found in _walk(root, "", (os.path.realpath(root),)):
        if len(files) == limit:
            return FolderContent(files, folders, real_names, is_cut=True)
        name, status = found if isinstance(found, FoundFile) else (found, OK)
        shown = shown_name(name)
        if shown != name:
            real_names[shown] = name
            status = NO_TEXT if status == OK else status
        if isinstance(found, FoundFile):
            files.append(FoundFile(shown, status))
        elif shown == name:
            folders.append(name)
    return FolderContent(files, folders, real_names)


def shown_name(name: str) -> str:
    """Return a name as it can be printed and written: bytes that are not valid UTF-8 as \\xe9."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _walk(folder: Path, prefix: str, ancestors: tuple[str, ...]) -> Iterator[FoundFile | str]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: natural_key(entry.name))
    except OSError as error:
        yield FoundFile(prefix, f"{CLOSED} ({error.strerror})")
        return
    for entry in entries:
        name = prefix + entry.name
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError:  # a link to itself
            is_folder, is_file = False, False
        ending = "/" if is_folder else ""
        if entry.name.startswith(".") or entry.name.lower() in _LEFT_BY_SYSTEMS:
            yield FoundFile(name + ending, HIDDEN)
        elif is_folder:
            real = os.path.realpath(entry.path)
            if real in ancestors:
                yield FoundFile(name + ending, ignored("a link to a folder that it lies in"))
            else:
                yield name
                yield from _walk(Path(entry.path), name + "/", (*ancestors, real))
        elif is_file:
            yield FoundFile(name, OK)
        elif entry.is_symlink():
            yield FoundFile(name, unreadable("a link that leads nowhere"))
        else:
            yield FoundFile(name, ignored("not a regular file"))
