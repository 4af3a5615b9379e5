"""Files looked up by paths that people wrote."""

import errno
import os
import stat
from pathlib import Path

from image_classification.words import printable

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: "PathLike") -> tuple[int, int]:
    """Open a file to read; return its descriptor and its size in bytes.

    Whoever opened a pipe as usual, or read a device, might wait for ever. Callers know that the path was that
    of a regular file; this is for what may have been put in its place since.

    Raises:
        OSError: It cannot be opened, or is not a regular file.
    """
    descriptor = os.open(path, _FLAGS)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"not a regular file but {_kind(status.st_mode)}")
    return descriptor, status.st_size


def _kind(mode: int) -> str:
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "something else")


def why_no_file(path: "PathLike") -> str:
    """Say why there is no regular file of this name; "" if there is one."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except FileNotFoundError:
        leads_nowhere = os.path.islink(path)  # noqa: PTH114
        return "a link that leads nowhere" if leads_nowhere else "there is no such file"
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:  # a NUL in it
        return "there is no such file"
    return "" if stat.S_ISREG(mode) else f"not a regular file but {_kind(mode)}"


PathLike = str | os.PathLike[str]


_LONGEST = 160


def is_file(path: PathLike) -> bool:
    """Whether there is such a file; False where that cannot be found out."""
    return os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises where a name is too long)


def is_folder(path: PathLike) -> bool:
    """Whether there is such a folder; False where that cannot be found out."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: PathLike) -> bool:
    """Whether there is anything of this name; False where that cannot be found out."""
    return os.path.exists(path)  # noqa: PTH110


def with_home(path: str) -> Path:
    """Return the path with ~ replaced by the home folder; unchanged if there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111


def shortened(text: str) -> str:
    """Return a text that fits into a message: the middle of a long one is left out."""
    text = printable(text)
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}…{text[-half:]} ({len(text):,} characters)"
