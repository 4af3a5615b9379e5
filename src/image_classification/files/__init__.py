"""Files that are written beside their target and renamed."""

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.shared_folders import in_folder
from image_classification.files.troubles import (
    NO_ROOM,
    OF_THE_DISK,
    cannot_be_written,
    error_number,
    free_room,
    require_room,
)
from image_classification.processes.identity import is_gone_in_short, this_process_in_short
from image_classification.processes.parent import require_parent

# what a system says that cannot be asked for it, or not by this person
_CANNOT_BE_FLUSHED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
_counter = itertools.count()
_being_written: set[str] = set()


@contextmanager
def replacing(target: Path, size: int = 0, *, survives_power_cut: bool = True) -> Iterator[Path]:
    """Yield the path of a temporary file beside `target`, which becomes `target` once the block succeeds.

    The folder of `target` is created if it is missing. If the block raises, the temporary file is removed and
    `target` stays as it was. If the process is killed, `target` stays as it was too, and the next writer of
    the same target removes the temporary file. The content is on the disk before its name is, so that a power
    cut leaves the one file or the other; and once the block is over it leaves the new one.

    Args:
        target: The file.
        size: What it will take at least, in bytes, as far as that is known.
        survives_power_cut: False for a small file whose loss costs nothing: to wait for the disk takes some
            milliseconds, and some ten on one that turns. After a power cut it may be empty then.

    Raises:
        UserError: The disk is full, or the file may not be written.
    """
    token = f"{this_process_in_short()}-{next(_counter)}"
    temporary = target.with_name(f"{_prefix(target)}{token}.partial")
    _being_written.add(temporary.name)
    try:
        mode = in_folder(target.parent, lambda: _mode_of_what_begins(target, temporary))
        if size:
            require_room(target, size)
        yield temporary
        if temporary.is_file():
            if survives_power_cut:
                flush(temporary)
            temporary.chmod(mode)  # safetensors lets nobody else read what it writes
        require_parent(target)
        temporary.replace(target)
        if survives_power_cut and os.name != "nt":  # where a folder cannot be opened
            flush(target.parent)
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
            _remove(temporary)
        _being_written.discard(temporary.name)


def flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk now; a rename alone would not.

    Where a network folder knows no such thing, or a folder may not be read, that is left to the system.
    """
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR  # Windows flushes only what may be written
    try:
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_BE_FLUSHED:
            raise


def _is_about(error: BaseException, number: int | None, target: Path, temporary: Path) -> bool:
    """Whether an error is that of the disk that the target is written to, not of a file that was read."""
    if number not in OF_THE_DISK:
        return False
    name = getattr(error, "filename", None)
    if name is None:
        return number in NO_ROOM
    about = Path(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else temporary
    return about in {target, temporary, *target.parents} or temporary in about.parents


def _room_with(temporary: Path) -> int | None:
    """Return the bytes that are free once the temporary file is gone."""
    free = free_room(temporary)
    try:
        return free if free is None else free + temporary.stat().st_blocks * 512
    except (OSError, AttributeError):
        return free


def _mode_of_what_begins(target: Path, temporary: Path) -> int:
    remove_leftovers(target)
    return _usual_mode(temporary)


def _usual_mode(path: Path) -> int:
    """Return the permissions that a new file of this process gets in this folder."""
    path.touch()
    mode = path.stat().st_mode
    path.unlink()
    return mode


def remove_leftovers(target: Path) -> None:
    """Remove the temporary files that processes which are known to have ended left beside `target`.

    A folder may be shared by machines and by containers: what belongs to another one of these is left alone.
    """
    prefix = _prefix(target)
    for leftover in target.parent.glob("*.partial"):
        if not leftover.name.startswith(prefix) or leftover.name in _being_written:
            continue
        process = leftover.name.removeprefix(prefix).rpartition("-")[0]
        if process == this_process_in_short() or is_gone_in_short(process):
            _remove(leftover)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _prefix(target: Path) -> str:
    return f".{target.name}."
