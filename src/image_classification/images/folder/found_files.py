"""People's own paths, and every file below them: without walking in circles and without missing any."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.files import exists, with_home
from image_classification.images.reading.file_status import OK, ignored, unreadable
from image_classification.words import did_you_mean, natural_key, nearest_names

EXPECTED = {
    "image_folder.path": "a folder with a folder of images per class, or a table of files: "
    "--params image_folder.path=<folder>",
    "inference.images": "a folder of images, a table of files, or one image: "
    "--params inference.images=<folder>",
}
"""Parameter -> what it has to name."""


def given_path(parameter: str, value: str) -> Path:
    """The path that a parameter names; ~ is the home folder.

    Raises:
        UserError: It names nothing, or nothing that exists: then with the nearest names that do.
    """
    if not value:
        raise UserError(f"{parameter} names nothing yet.\nExpected {EXPECTED[parameter]}")
    path = with_home(value)
    if exists(path):
        return path
    missing = path.absolute()
    while missing != missing.parent and not exists(missing.parent):
        missing = missing.parent
    try:
        siblings = [entry.name for entry in missing.parent.iterdir()]
    except OSError:
        siblings = []
    nearest = [str(missing.parent / name) for name in nearest_names(missing.name, siblings)]
    raise UserError(
        f"{parameter} = {value}: there is no {missing}{did_you_mean(nearest)}\nExpected {EXPECTED[parameter]}"
    )


# what operating systems leave beside people's files, apart from names with a dot in front
_LEFT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}

HIDDEN = ignored("hidden")
NO_TEXT = unreadable("its name is no valid UTF-8")
"""The status of files that can be opened, but whose names cannot be kept in a table."""


class FoundFile(NamedTuple):
    """A file below a folder.

    name: its path from there, with "/" on every system; of a folder that is not looked into, ending in "/".
    status: "ok" for what may be an image, else why it is left alone.
    """

    name: str
    status: str


class FolderContent(NamedTuple):
    """All files, in natural order, and all folders that were looked into, as paths from the root.

    real_names: Of what has a name that is no valid UTF-8: as it is shown -> as the system knows it.
    is_cut: Whether there is more.
    """

    files: list[FoundFile]
    folders: list[str]
    real_names: Mapping[str, str] = MappingProxyType({})
    is_cut: bool = False


def find_files(root: Path, most: int | None = None) -> FolderContent:
    """Find everything below the root, or so many files; links are followed, except to a folder around them.

    Hidden files and folders and those that operating systems leave behind are named but not looked into.
    """
    files: list[FoundFile] = []
    folders: list[str] = []
    real_names: dict[str, str] = {}
    for found in _walk(root, "", (os.path.realpath(root),)):
        if len(files) == most:
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
    """A name as it can be printed and written: bytes that are no valid UTF-8 as \\xe9."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _walk(folder: Path, prefix: str, ancestors: tuple[str, ...]) -> Iterator[FoundFile | str]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: natural_key(entry.name))
    except OSError as error:
        yield FoundFile(prefix, unreadable(f"the folder cannot be opened ({error.strerror})"))
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
            yield FoundFile(name, ignored("no regular file"))
