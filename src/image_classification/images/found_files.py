"""Finding every file below a folder, without walking in circles and without missing any."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from image_classification.images.file_status import OK, ignored, unreadable
from image_classification.images.natural_order import natural_key

# what operating systems leave beside people's files, apart from names with a dot in front
_LEFT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}


class FoundFile(NamedTuple):
    """A file below a folder.

    name: its path from there, with "/" on every system; of a folder that is not looked into, ending in "/".
    status: "ok" for what may be an image, else why it is left alone.
    """

    name: str
    status: str


class FolderContent(NamedTuple):
    """All files, in natural order, and all folders that were looked into, as paths from the root."""

    files: list[FoundFile]
    folders: list[str]


def find_files(root: Path) -> FolderContent:
    """Find everything below the root; links are followed, except to a folder that they lie in.

    Hidden files and folders and those that operating systems leave behind are named but not looked into.
    """
    content = FolderContent([], [])
    for found in _walk(root, "", (os.path.realpath(root),)):
        if isinstance(found, FoundFile):
            content.files.append(found)
        else:
            content.folders.append(found)
    return content


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
        if not _is_text(entry.name):
            shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            yield FoundFile(shown + ending, unreadable("its name is no valid UTF-8"))
        elif entry.name.startswith(".") or entry.name.lower() in _LEFT_BY_SYSTEMS:
            yield FoundFile(name + ending, ignored("hidden"))
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


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
