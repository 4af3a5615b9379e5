"""Opening picture files with Pillow: which formats, which kinds of pixels, and what is wrong with a file."""

import io
import os
import warnings
from functools import cache
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from image_classification.files.paths import open_regular
from image_classification.images.reading.picture_kinds import is_camera_raw, reads_heif, unread_kind
from image_classification.images.reading.portable.decoding import UNMISTAKABLE, is_dng

# Pillow runs another program for these, or only recognises them
_NOT_READ = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}

# Pillow warns of files without naming them, such as those of more than 89 megapixels, which cameras make;
# what matters, such as twice that size, is an error and becomes the status of the file
warnings.filterwarnings("ignore", module=r"PIL\.")


@cache
def picture_suffixes() -> frozenset[str]:
    """Return the endings of file names, such as ".jpg", that stand for a format that can be read."""
    formats = set(_readable_formats())
    suffixes = Image.registered_extensions()
    return frozenset(suffix for suffix, kind in suffixes.items() if kind in formats)


def promises_picture(path: Path) -> bool:
    """Tell whether the ending of the name says that the file is a picture."""
    return path.suffix.lower() in picture_suffixes()


def open_picture(path: Path, file: IO[bytes] | None = None) -> Image.Image:
    """Read the header of a picture; loading an animated one will give its first frame.

    Where the name does not promise a picture, only formats are tried that no text can be mistaken for.

    Args:
        path: The file.
        file: The same, if it is open already; it is not closed with the picture.

    Raises:
        OSError and others: Whatever Pillow raises; `what_is_wrong` puts it into words.
    """
    formats = _readable_formats() if promises_picture(path) else _unmistakable_formats()
    picture = Image.open(file or path, formats=formats)
    if isinstance(picture, TiffImageFile) and (is_camera_raw(path) or is_dng(picture)):
        raise UnidentifiedImageError  # what Pillow would read is the small preview
    return picture


def what_is_wrong(error: Exception, file: Path) -> str:
    """Put into words, without addresses and places, why a picture could not be read."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, Image.DecompressionBombError):
        return "so many pixels that it may be a decompression bomb"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if _is_empty(file):
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        although = f", although its name ends in {file.suffix}" if file.suffix else ""
        return unread_kind(file) or f"not an image{although}"
    text = "there is not enough memory to decode it" if isinstance(error, MemoryError) else str(error)
    return text or type(error).__name__


def should_be_picture(file: Path) -> bool:
    """Tell whether the name or the content of a file that could not be read says that it is a picture."""
    return promises_picture(file) or unread_kind(file) is not None


def _is_empty(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return False


@cache
def _readable_formats() -> tuple[str, ...]:
    Image.init()
    reads_heif()
    readable = [kind for kind in Image.OPEN if kind not in _NOT_READ]
    # Pillow tries one after the other: the common ones come first
    return tuple(sorted(readable, key=lambda kind: UNMISTAKABLE.index(kind) if kind in UNMISTAKABLE else 99))


@cache
def _unmistakable_formats() -> tuple[str, ...]:
    return tuple(kind for kind in _readable_formats() if kind in UNMISTAKABLE)


_LARGE = 2**26


def open_content(path: Path) -> io.BytesIO | io.BufferedReader:
    """Open a file to read; unless it is large, read all of it into memory.

    Every system call lets another thread take its turn, and Python's own file objects make many, as does
    Pillow, which reads a few bytes at a time: two threads would wait for each other most of the time.

    Raises:
        OSError: It cannot be read, or is not a regular file.
    """
    descriptor, size = open_regular(path)
    try:
        if size > _LARGE:
            return os.fdopen(os.dup(descriptor), "rb")
        content = os.read(descriptor, size)
        while len(content) < size and (more := os.read(descriptor, size - len(content))):
            content += more
    finally:
        os.close(descriptor)
    return io.BytesIO(content)


def read_ahead(path: Path) -> None:
    """Ask the system, where it can be asked, to fetch a file that is wanted soon; takes 10 µs."""
    if not hasattr(os, "posix_fadvise"):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # so as not to wait for a named pipe
    except OSError:
        return  # whoever reads it will be told why
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    except OSError:
        return
    finally:
        os.close(descriptor)
