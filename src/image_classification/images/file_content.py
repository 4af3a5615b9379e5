"""Opening a file that is small enough in memory."""

import io
from pathlib import Path

_LARGE = 2**26


def open_content(path: Path) -> io.BytesIO | io.BufferedReader:
    """Open a file to read; unless it is large, all of it is in memory already.

    Pillow seeks and reads a few bytes at a time, and with each call another thread may take its turn: with a
    file on disk two threads need twice as long for the headers of many files as one, 220 µs a file and 100.

    Raises:
        OSError: It cannot be read.
    """
    file = path.open("rb")
    try:
        content = file.read(_LARGE)
        if len(content) < _LARGE:
            file.close()
            return io.BytesIO(content)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
