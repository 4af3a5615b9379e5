"""Files: written beside their target and renamed, and looked up by paths that people wrote."""

import errno
import itertools
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from image_classification.errors import UserError
from image_classification.file_troubles import (
    NO_ROOM,
    OF_THE_DISK,
    cannot_be_written,
    error_number,
    free_room,
    require_room,
)
from image_classification.processes.parent import require_parent
from image_classification.words import printable

_counter = itertools.count()
_being_written: set[str] = set()


@contextmanager
def replacing(target: Path, size: int = 0) -> Iterator[Path]:
    """Yield the path of a temporary file beside `target`, which becomes `target` once the block succeeds.

    The folder of `target` is created if it is missing. If the block raises, the temporary file is removed and
    `target` stays as it was. If the process is killed, `target` stays as it was too, and the next writer of
    the same target removes the temporary file.

    Args:
        target: The file.
        size: What it will take at least, in bytes, as far as that is known.

    Raises:
        UserError: The disk is full, or the file may not be written.
    """
    token = f"{os.getpid()}-{next(_counter)}"
    temporary = target.with_name(f"{_prefix(target)}{token}.partial")
    _being_written.add(temporary.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target)
        mode = _usual_mode(temporary)
        if size:
            require_room(target, size)
        yield temporary
        if temporary.is_file():
            temporary.chmod(mode)  # safetensors lets nobody else read what it writes
        require_parent(target)
        temporary.replace(target)
    except Exception as error:
        number = error_number(error)
        if isinstance(error, UserError) or not _is_about(error, number, target, temporary):
            raise
        free = _room_with(temporary) if number in NO_ROOM else None
        reason = getattr(error, "strerror", None) or ""
        message = cannot_be_written(target, number, reason=reason, size=size or None, free=free)
        raise UserError(message) from error
    finally:
        with suppress(OSError):  # where it could not be made
            temporary.unlink(missing_ok=True)
        _being_written.discard(temporary.name)


def _is_about(error: BaseException, number: int | None, target: Path, temporary: Path) -> bool:
    """Whether an error is that of the disk that the target is written to, not of a file that was read."""
    if number not in OF_THE_DISK:
        return False
    name = getattr(error, "filename", None)
    if name is None:
        return number in NO_ROOM
    about = Path(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else temporary
    return about in {target, temporary} or about in target.parents


def _room_with(temporary: Path) -> int | None:
    """Return the bytes that are free once the temporary file is gone."""
    free = free_room(temporary)
    try:
        return free if free is None else free + temporary.stat().st_blocks * 512
    except (OSError, AttributeError):
        return free


def _usual_mode(path: Path) -> int:
    """Return the permissions that a new file of this process gets in this folder."""
    path.touch()
    mode = path.stat().st_mode
    path.unlink()
    return mode


def remove_leftovers(target: Path) -> None:
    """Remove the temporary files that dead processes of this host left beside `target`."""
    prefix = _prefix(target)
    for leftover in target.parent.glob("*.partial"):
        if not leftover.name.startswith(prefix) or leftover.name in _being_written:
            continue
        process, _, _ = leftover.name.removeprefix(prefix).partition("-")
        if process == str(os.getpid()) or not _is_alive(process):
            leftover.unlink(missing_ok=True)


def _prefix(target: Path) -> str:
    # the host, too: a folder may be shared by machines, and a process number means nothing on another one
    return f".{target.name}.{socket.gethostname()}-"


def _is_alive(process: str) -> bool:
    if not process.isdigit() or os.name == "nt":  # on Windows os.kill would end the process
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
