"""The size of a JPEG picture of the usual kind, from the bytes of its file: 6 µs, where Pillow takes 20.

Nothing is decided here: as soon as anything is unusual or odd, Pillow has to look at the file.
"""

from collections.abc import Iterator
from typing import NamedTuple

_START, _FRAMES, _SCAN = b"\xff\xd8\xff", frozenset({0xC0, 0xC1, 0xC2}), 0xDA
_JFIF, _JFIF_LENGTH = 0xE0, 14
_TABLES, _TABLE = 0xDB, 65
# Huffman tables, restart intervals, comments: nothing in them makes a difference
_SKIPPED = frozenset({0xC4, 0xDD, 0xFE})
_MODES = {1: "L", 3: "RGB"}
_LARGEST = 2**24  # pixels: of more, Pillow says whether they are too many


class PlainJpeg(NamedTuple):
    """Width, height and the mode of Pillow, "L" or "RGB", of a picture that is upright."""

    width: int
    height: int
    mode: str


def plain_jpeg(content: bytes) -> PlainJpeg | None:
    """Read the header of a JPEG file.

    Args:
        content: All of the file.

    Returns:
        None where anything is not as most programs write it: another format or kind of JPEG, more than 8 bits
        or other colours, data of a camera (which may say that the picture lies on its side), several
        pictures, anything broken before the pixels.
    """
    found = None
    for marker, segment in _segments(content):
        if marker == _SCAN:
            return found
        if marker in _FRAMES:
            found = None if found else _frame(segment)
            if not found:
                return None
        elif not _makes_no_difference(marker, segment):
            return None
    return None


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and the content of each segment, as far as one follows the other."""
    place, end = 2, len(content) if content.startswith(_START) else 0
    while place + 4 <= end and content[place] == 0xFF:
        behind = place + 2 + (content[place + 2] << 8 | content[place + 3])
        if not place + 4 <= behind <= end:
            return
        yield content[place + 1], content[place + 4 : behind]
        place = behind


def _makes_no_difference(marker: int, segment: bytes) -> bool:
    """Whether a segment is of a kind that does not bear on the size, and whole."""
    if marker == _TABLES:  # of 8 bits
        return not len(segment) % _TABLE and max(segment[::_TABLE], default=0) < 16
    return marker in _SKIPPED or (marker == _JFIF and len(segment) >= _JFIF_LENGTH)


def _frame(segment: bytes) -> PlainJpeg | None:
    if len(segment) < 6 or segment[0] != 8 or segment[5] not in _MODES or len(segment) != 6 + 3 * segment[5]:
        return None
    height, width = segment[1] << 8 | segment[2], segment[3] << 8 | segment[4]
    return PlainJpeg(width, height, _MODES[segment[5]]) if 0 < width * height <= _LARGEST else None
