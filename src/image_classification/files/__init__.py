"""Files that are written beside their target and renamed."""

import errno
import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.troubles import (
    NO_ROOM,
    OF_THE_DISK,
    cannot_be_written,
    error_number,
    free_room,
    require_room,
)
from image_classification.processes.parent import require_parent

_counter = itertools.count()
_being_written: set[str] = set()


@contextmanager
def replacing(target: Path, size: int = 0) -> Iterator[Path]:
    """Yield the path of a temporary file beside `target`, which becomes `target` once the block succeeds.

    The folder of `target` is created if it is missing. If the block raises, the temporary file is removed and
    `target` stays as it was. If the process is killed, `target` stays as it was too, and the next writer of
    the same target removes the temporary file. The content is on the disk before its name is, so that a power
    cut leaves the one file or the other.

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
            _flush(temporary)
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


def _flush(file: Path) -> None:
    """Have the system write a file to the disk now, some milliseconds; the rename alone would not."""
    with file.open("r+b") as opened:
        try:
            os.fsync(opened.fileno())
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some network folders know no such thing
                raise


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
