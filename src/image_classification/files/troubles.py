"""What the system says of a file that cannot be read or written, in words and with figures."""

import errno
import os
import re
import shutil
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.permissions import missing_permission, nearest_folder
from image_classification.words import in_bytes, shorten


class NotPermittedError(UserError):
    """A file is there, or may be, and this process may not read it: to make it again would not help."""


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# a folder in the place of a file, a file in the place of a folder, a name that is too long, a broken disk
_NO_PLACE = frozenset(
    {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.EIO}
)
OF_THE_DISK = NO_ROOM | NO_PERMISSION | _NO_PLACE
# libraries in other languages put it into their message
_AS_TEXT = re.compile(r"\(os error (\d+)\)|\[Errno (\d+)\]")
_ADVICE = "Put that right, or ask the owner, and run again."
_LONGEST = 300  # characters of somebody else's message


def error_number(error: BaseException | None) -> int | None:
    """Return the system's number of what an error is or was caused by; None if it is not the system's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        if found := _AS_TEXT.search(str(error)):
            return int(found[1] or found[2])
        error = error.__cause__
    return None


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, for one of our own; its kind where it says nothing."""
    text = str(error).strip()
    return shorten(text.splitlines()[0], _LONGEST).rstrip(".") if text else type(error).__name__


def free_room(path: Path) -> int | None:
    """Return the bytes that are free for a file at this path; None where nobody knows."""
    folder = nearest_folder(path)
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def require_room(path: Path, size: int, *, added_to: int = 0) -> None:
    """Refuse to begin a file that cannot be completed.

    Args:
        path: The file.
        size: What has to be written, in bytes.
        added_to: The bytes that the file has already, where it grows in place.

    Raises:
        UserError: with the room that it needs and the room that there is.
    """
    free, limit = free_room(path), _largest_file()
    if (free is not None and free < size) or (limit is not None and size + added_to > limit):
        number = errno.ENOSPC if free is not None and free < size else errno.EFBIG
        raise UserError(cannot_be_written(path, number, size=size, free=free))


def cannot_be_written(
    path: Path, number: int | None, *, reason: str = "", size: int | None = None, free: int | None = None
) -> str:
    """Say why a file cannot be written, what it would take, and what has become of the earlier one.

    Args:
        path: the file.
        number: the system's number of the error.
        reason: the system's words for it.
        size: of the whole file in bytes, as far as it is known.
        free: bytes that are free for it; None if unknown.
    """
    kept = "the earlier file is kept" if os.path.lexists(path) else "nothing was written"
    if number in NO_ROOM:
        needs = f"it needs {in_bytes(size)}" if size is not None else "it needs more than that"
        return (
            f"There is no room for {path}: {_room(path, number, free)}, and {needs}; {kept}.\n"
            "Make room there, or keep the data on another disk, and run again."
        )
    if number in NO_PERMISSION and (missing := missing_permission(path, to_write=True)):
        return f"{path} cannot be written: {missing}; {kept}.\n{_ADVICE}"
    if path.is_dir():
        reason = "it is a folder, and a file is expected"
    return f"{path} cannot be written: {reason or os.strerror(number or 0)}; {kept}.\n{_ADVICE}"


def _room(path: Path, number: int | None, free: int | None) -> str:
    if number == errno.EDQUOT:
        return "your quota of the disk is used up"
    if number == errno.EFBIG:
        limit = _largest_file()
        at_most = f"a file may have {in_bytes(limit)} (ulimit -f)" if limit is not None else ""
        return at_most or "its disk takes no file so large"
    return "the disk is full" if free is None else f"{in_bytes(free)} are free in {nearest_folder(path)}"


def cannot_be_read(path: Path, number: int | None, reason: str = "") -> str:
    """Say why a file or folder that exists cannot be read."""
    why = missing_permission(path) if number in NO_PERMISSION else None
    return f"{path} cannot be read: {why or reason or os.strerror(number or 0)}."


def refused_by_the_system(error: OSError) -> str | None:
    """Say what an error of the system means that names a file; None if it is not about room or permission."""
    if error.errno not in NO_ROOM | NO_PERMISSION or not isinstance(error.filename, str | bytes):
        return None
    path = Path(os.fsdecode(error.filename))
    if error.errno in NO_PERMISSION and missing_permission(path):
        return f"{cannot_be_read(path, error.errno)}\n{_ADVICE}"
    reason = error.strerror or ""
    return cannot_be_written(path, error.errno, reason=reason, free=free_room(path))


def require_readable(path: Path) -> None:
    """Refuse what exists, or may exist, and cannot be read; what does not exist passes.

    Raises:
        UserError: naming the permission that is missing.
    """
    if missing := missing_permission(path):
        raise NotPermittedError(f"{path} cannot be read: {missing}.\n{_ADVICE}")


def require_writable(path: Path) -> None:
    """Refuse to begin what would end with a file that cannot be written.

    Raises:
        UserError: naming the permission that is missing.
    """
    if missing_permission(path, to_write=True):
        raise UserError(cannot_be_written(path, errno.EACCES))


def _largest_file() -> int | None:
    """Return the limit that this process has for the size of a file; None without one."""
    try:
        import resource  # noqa: PLC0415  (Unix only)
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit
