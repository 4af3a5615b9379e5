"""How a camera was held: what EXIF and XMP data say of it, and turning pictures upright."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile
from torch import Tensor

from image_classification.images.reading.pixels import Box

_ORIENTATION = 0x0112
_WITH_ORIENTATION = {"exif", "xmp"}
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
_TEXT_LIMIT = 2**24  # bytes of a compressed text


def orientation_of(picture: Image.Image, file: IO[bytes]) -> int:
    """Return how the camera was held, 1 (upright) to 8, as in EXIF; 5 and more exchange width and height.

    It is 1 for formats whose pixels Pillow turns itself while it loads them: TIFF and HEIF. The position in
    the file stays.
    """
    if picture.format in {"TIFF", "HEIF"}:
        return 1
    try:
        if picture.format == "PNG":
            return _orientation_of_png(file)
        if not _WITH_ORIENTATION & picture.info.keys():
            return 1
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # of broken EXIF data Pillow raises whatever its parsers do; the picture may be fine
        return 1
    return orientation if orientation in range(1, 9) else 1


def upright_size(picture: Image.Image, file: IO[bytes]) -> tuple[int, int]:
    """Return the width and height that a picture has once it is turned, from its header."""
    width, height = picture.size
    if isinstance(picture, TiffImageFile):
        # the size is upright already if the orientation is a tag; XMP counts once Pillow loads the pixels
        in_xmp = _XMP_ORIENTATION.search(picture.info.get("xmp", b""))
        is_lying = bool(in_xmp and int(in_xmp[1]) >= 5 and _ORIENTATION not in picture.tag_v2)
        return (height, width) if is_lying else (width, height)
    return (height, width) if orientation_of(picture, file) >= 5 else (width, height)


def stored_box(box: Box, height: int, width: int, orientation: int) -> Box:
    """Find where a rectangle of an upright picture of height x width pixels lies in the stored one."""
    top = height - box.top - box.height if orientation in {3, 4, 7, 8} else box.top
    left = width - box.left - box.width if orientation in {2, 3, 6, 7} else box.left
    return Box(left, top, box.width, box.height) if orientation >= 5 else Box(top, left, *box[2:])


# EXIF 2.3, tag 0x0112: what turns the stored (C, H, W) into the picture as it was seen
UPRIGHT: dict[int, Callable[[Tensor], Tensor]] = {
    1: lambda image: image,
    2: lambda image: image.flip(2),
    3: lambda image: image.flip(1, 2),
    4: lambda image: image.flip(1),
    5: lambda image: image.transpose(1, 2),
    6: lambda image: image.transpose(1, 2).flip(2),
    7: lambda image: image.transpose(1, 2).flip(1, 2),
    8: lambda image: image.transpose(1, 2).flip(1),
}


def _orientation_of_png(file: IO[bytes]) -> int:
    """Look through the chunks of a PNG file, also behind the pixels, where Pillow looks once it loads them.

    EXIF data have a chunk of their own or, as ImageMagick and ExifTool wrote them before there was one (and
    ImageMagick still does), are hexadecimal digits in a text. They take precedence over XMP.
    """
    found: dict[str, int] = {}
    for kind, content in _descriptions(file):
        if kind == b"eXIf":
            found.setdefault("exif", _exif_orientation(content))
            continue
        keyword, text = _text(kind, content)
        if keyword in {b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp"}:
            text = _raw_profile(text)
        if text.startswith((b"Exif\0\0", b"MM\0*", b"II*\0")):
            found.setdefault("text", _exif_orientation(text))
        elif match := _XMP_ORIENTATION.search(text):
            found.setdefault("xmp", int(match[1]))
    return next((found[source] for source in ("exif", "text", "xmp") if found.get(source)), 1)


def _descriptions(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the chunks that may hold an orientation."""
    place = file.tell()
    try:
        file.seek(8)
        while len(header := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", header)
            if kind == b"IEND":
                return
            if kind in {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}:
                yield kind, file.read(length)
                file.seek(4, 1)
            else:
                file.seek(length + 4, 1)
    finally:
        file.seek(place)


def _text(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return the keyword of a chunk of text, and its text if an orientation may follow that keyword."""
    keyword, _, text = content.partition(b"\0")
    if not keyword.startswith((b"Raw profile type ", b"XML:com.adobe.xmp")):
        return keyword, b""
    is_compressed = kind == b"zTXt"
    if kind == b"iTXt":
        is_compressed = text[:1] == b"\1"
        text = text[2:].split(b"\0", 2)[-1]  # behind the language and the keyword in that language
    elif is_compressed:
        text = text[1:]
    return keyword, zlib.decompressobj().decompress(text, _TEXT_LIMIT) if is_compressed else text


def _raw_profile(text: bytes) -> bytes:
    """Return the bytes that ImageMagick writes as a name, a length and lines of hexadecimal digits."""
    lines = text.strip().split(b"\n", 2)
    digits = re.sub(rb"[^0-9a-fA-F]", b"", lines[2]) if len(lines) == 3 else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _exif_orientation(content: bytes) -> int:
    """Return the orientation in EXIF data; 0 if they do not say or are broken."""
    exif = Image.Exif()
    try:
        exif.load(content)
        orientation = exif.get(_ORIENTATION, 0)
    except Exception:  # whatever Pillow's parsers raise
        return 0
    return orientation if orientation in range(1, 9) else 0
