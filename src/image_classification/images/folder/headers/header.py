"""The header of a picture file: how large its picture is, and the digest of all that is in the file."""

import hashlib
import io
from pathlib import Path
from typing import NamedTuple

from image_classification.images.folder.headers.plain_jpeg import plain_jpeg
from image_classification.images.reading.deep_pixels import deep_mode
from image_classification.images.reading.file_status import OK, ignored, unreadable
from image_classification.images.reading.orientation import upright_size
from image_classification.images.reading.pictures import (
    open_content,
    open_picture,
    should_be_picture,
    what_is_wrong,
)


class Header(NamedTuple):
    """What a file is, by its header; the fields are columns of the table of image files.

    sha256: of all of the file, hexadecimal.
    width, height: of the picture, upright, in pixels.
    mode: of its pixels, as Pillow calls it, or such as RGB;16.
    header_status: "ok", or why it is no picture.
    """

    sha256: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    header_status: str = OK


def read_header(path: Path) -> tuple[Header, bool]:
    """Return the header of a file, and whether it is for good: of a file that could not be read it is not."""
    try:
        with open_content(path) as file:
            content = file.getvalue() if isinstance(file, io.BytesIO) else b""
            if plain := plain_jpeg(content):
                return Header(hashlib.sha256(content).hexdigest(), *plain), True
            with open_picture(path, file) as picture:
                width, height = upright_size(picture, file)
                mode = deep_mode(picture) or picture.mode
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except Exception as error:  # Pillow's parsers raise errors of every kind on broken files
        reason = what_is_wrong(error, path)
        opened = not isinstance(error, OSError) or error.errno is None
        ignore = opened and not should_be_picture(path)
        return Header(header_status=ignored("not an image") if ignore else unreadable(reason)), False
    return Header(sha256, width, height, mode), True
