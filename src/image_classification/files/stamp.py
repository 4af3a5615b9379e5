"""The state of a file or folder on the disk, by which it is told whether it has been written since."""

import hashlib
import time
from pathlib import Path
from typing import NamedTuple

_TICK = 100_000_000  # nanoseconds: of two changes in quick succession some systems note one time only


class FileState(NamedTuple):
    """What changes when a file is written; nobody can set the time of the last change of any kind."""

    name: str  # within its folder, "." of a file alone
    size: int  # bytes
    modified: int  # nanoseconds since 1970
    changed: int  # likewise: of content, name or permissions; on Windows when it was created
    number: int


class Stamp(tuple[FileState, ...]):
    """The states of a file, or of all files of a folder, sorted by name."""

    __slots__ = ()

    @property
    def digest(self) -> str:
        """The stamp in few characters, to be kept in a file."""
        text = "\n".join("/".join(map(str, state)) for state in self)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]

    @property
    def is_settled(self) -> bool:
        """Whether the last change is so long ago that a further one would have another time."""
        return all(time.time_ns() - max(state.modified, state.changed) > _TICK for state in self)


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of a file, or of a folder with all that is in it.

    Raises:
        OSError: there is no such file, or it cannot be looked at.
    """
    if not path.is_dir():
        return stamp_of_file(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return Stamp(_state(file, file.relative_to(path).as_posix()) for file in files)


def stamp_of_file(path: Path) -> Stamp:
    """Return the stamp of a single file, or of a folder without what is in it.

    Raises:
        OSError: there is no such file, or it cannot be looked at.
    """
    return Stamp([_state(path, ".")])


def _state(file: Path, name: str) -> FileState:
    state = file.stat()
    return FileState(name, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
