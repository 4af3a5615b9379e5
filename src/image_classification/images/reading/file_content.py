"""Reading a file at once, and asking for the next ones beforehand."""

import io
import os
from pathlib import Path

_LARGE = 2**26
_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def open_content(path: Path) -> io.BytesIO | io.BufferedReader:
    """Open a file to read; unless it is large, all of it is in memory already.

    With each call to the system another thread may take its turn, and Python's own file objects, and Pillow,
    which reads a few bytes at a time, call it often: two threads then wait for each other most of the time.

    Raises:
        OSError: It cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | _BINARY)
    try:
        size = os.fstat(descriptor).st_size
        if size > _LARGE:
            return os.fdopen(os.dup(descriptor), "rb")
        content = os.read(descriptor, size)
        while len(content) < size and (more := os.read(descriptor, size - len(content))):
            content += more
    finally:
        os.close(descriptor)
    return io.BytesIO(content)


def read_ahead(path: Path) -> None:
    """Let the system fetch a file that is wanted soon, where it can be asked to; takes 10 µs."""
    if not hasattr(os, "posix_fadvise"):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # not to wait for a named pipe
    except OSError:
        return  # whoever reads it will be told why
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    except OSError:
        return
    finally:
        os.close(descriptor)
