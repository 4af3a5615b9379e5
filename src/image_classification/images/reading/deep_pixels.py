"""Pictures with more than 8 bits a channel: their numbers as they are in the file.

Pillow reads one channel of 16 or 32 bits, but only the high bytes of 16-bit colours or grey with alpha.
Reading the same file in the other byte order gives the low bytes, whatever the compression and interlacing.
"""

import re
import sys
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

_BITS, _PHOTOMETRIC, _PLANAR, _SAMPLE_FORMAT, _GDAL_NODATA = 258, 262, 284, 339, 42113
_OTHER_ORDER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
_SIXTEEN_BITS = re.compile(r"(LA|RGB|RGBX|RGBA|RGBa|CMYK);16([LBN])")

Values = npt.NDArray[Any]


class DeepPixels(NamedTuple):
    """The numbers of a picture, upright where Pillow turns it (TIFF).

    values: (H, W), or (H, W, C) of colours; whole numbers or floats, as in the file.
    alpha: (H, W) float64 from 0 (transparent) to 1, or None.
    mode: Pillow's mode for the values once they are 8 bits: L, RGB or CMYK.
    limits: Smallest and largest number that the type in the file can hold; for floats 0 and 1.
    no_data: Numbers that the file itself declares to stand for missing pixels.
    white_is_zero: Whether small numbers are bright.
    """

    values: Values
    alpha: Values | None
    mode: str
    limits: tuple[float, float]
    no_data: tuple[float, ...] = ()
    white_is_zero: bool = False

    @property
    def are_floats(self) -> bool:
        """Whether they are floats, not whole numbers."""
        return self.values.dtype.kind == "f"


def deep_mode(picture: Image.Image) -> str | None:
    """Return the kind of pixels of a picture of more than 8 bits a channel, such as "RGB;16"; else None.

    Signed numbers of 8 bits, "I;8S", count too: for them, too, nothing says what is black and what is white.

    Args:
        picture: What Pillow made of the header; nothing is loaded yet.
    """
    if picture.mode == "F" or picture.mode.startswith("I"):
        return picture.mode
    if picture.format in {"PNG", "TIFF"} and (match := _SIXTEEN_BITS.fullmatch(_raw_mode(picture))):
        return f"{match[1].upper()};16"
    if isinstance(picture, TiffImageFile):
        if picture.mode == "L" and _first(picture, _SAMPLE_FORMAT) == 2:
            return "I;8S"
        if _first(picture, _PLANAR) == 2 and _first(picture, _BITS) == 16:
            return f"{picture.mode};16"
    if picture.format == "PPM" and picture.mode == "RGB" and _largest_of_ppm(picture) > 255:
        return "RGB;16"
    return None


def is_deep(mode: str) -> bool:
    """Tell whether a kind of pixels, as in the table of files, has more than 8 bits a channel."""
    return mode == "F" or mode.startswith("I") or mode.endswith(";16")


def read_deep_pixels(picture: Image.Image, file: IO[bytes]) -> DeepPixels:
    """Read the numbers of a picture that `deep_mode` says to be deep.

    Args:
        picture: The picture; it is loaded.
        file: Its file, opened.

    Raises:
        OSError and others: Whatever Pillow raises.
    """
    raw = _raw_mode(picture)
    tags: Any = picture.tag_v2 if isinstance(picture, TiffImageFile) else {}
    no_data, white_is_zero = _declared_no_data(tags), tags.get(_PHOTOMETRIC) == 0
    # Pillow reads the high bytes of these, or nonsense
    if tags.get(_PLANAR) == 2 and len(picture.getbands()) > 1:
        raise OSError("a TIFF picture of 16-bit channels, each stored by itself: convert it to PNG")
    if picture.format == "PPM" and picture.mode == "RGB":
        return _colours_of_ppm(picture, file)
    match = _SIXTEEN_BITS.fullmatch(raw)
    if match is None:
        values, limits = _one_channel(picture, raw)
        transparent = picture.info.get("transparency")
        alpha = None if transparent is None else (values != transparent).astype(np.float64)
        return DeepPixels(values, alpha, "L", limits, no_data, white_is_zero)
    kind, order = match.groups()
    if kind == "LA":  # four bytes a pixel
        numbers = np.ascontiguousarray(_load_as(picture, "RGBA")).view(">u2").astype(np.uint16)
    else:
        numbers = _all_channels(picture, file, kind, order)
    values, alpha = numbers, None
    if kind in {"LA", "RGBA", "RGBa"}:
        values, alpha = _without_alpha(numbers, is_premultiplied=kind == "RGBa")
    elif transparent := picture.info.get("transparency"):
        alpha = (numbers != np.array(transparent)).any(axis=2).astype(np.float64)
    mode = {"LA": "L", "CMYK": "CMYK"}.get(kind, "RGB")
    return DeepPixels(values[..., 0] if mode == "L" else values, alpha, mode, (0, 65535), no_data)


def _first(picture: TiffImageFile, tag: int) -> int:
    """Return the first number of a tag; where it is missing 1, the default of all that are asked for."""
    value: Any = picture.tag_v2.get(tag, 1)
    return int(value[0] if isinstance(value, tuple) else value)


def _largest_of_ppm(picture: Image.Image) -> int:
    """Return which number the header of a binary PPM file calls white; 0 for other files."""
    tile: Any = picture.tile[0]  # type: ignore[attr-defined]
    return int(tile.args[1]) if tile.codec_name == "ppm" else 0


def _raw_mode(picture: Image.Image) -> str:
    """Return what Pillow calls the order of bits in the file; "" where it does not say."""
    tiles = getattr(picture, "tile", None)
    arguments = tiles[0].args if tiles else ""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _one_channel(picture: Image.Image, raw: str) -> tuple[Values, tuple[float, float]]:
    values: Values = np.asarray(picture)
    limits: tuple[float, float] = (-(2**31), 2**31 - 1)
    if values.dtype.kind == "f":
        limits = (0, 1)
    elif picture.mode == "L":
        values, limits = values.view(np.int8), (-(2**7), 2**7 - 1)
    elif raw == "I;12":
        limits = (0, 2**12 - 1)
    # in PPM files, Pillow scales the number that the header calls white to 65535
    elif picture.mode.startswith("I;16") or picture.format == "PPM":
        limits = (0, 2**16 - 1)
    elif raw in {"I;16S", "I;16BS"}:
        limits = (-(2**15), 2**15 - 1)
    elif raw == "I;32N":  # Pillow has no unsigned numbers of 32 bits
        values, limits = values.view(np.uint32), (0, 2**32 - 1)
    return values, limits


def _all_channels(picture: Image.Image, file: IO[bytes], kind: str, order: str) -> Values:
    """Read (H, W, C) uint16 in two passes: the high bytes, then in the other byte order the low ones."""
    straight = "RGBA" if kind == "RGBa" else kind  # not divided by alpha before both bytes are there
    high = _load_as(picture, f"{straight};16{order}")
    file.seek(0)
    with Image.open(file, formats=[str(picture.format)]) as again:
        low = _load_as(again, f"{straight};16{_OTHER_ORDER[order]}")
    return high.astype(np.uint16) << 8 | low


def _colours_of_ppm(picture: Image.Image, file: IO[bytes]) -> DeepPixels:
    largest = _largest_of_ppm(picture)
    width, height = picture.size
    file.seek(picture.tile[0].offset)  # type: ignore[attr-defined]
    content = file.read(width * height * 6)
    if len(content) < width * height * 6:
        raise OSError("image file is truncated")
    values = np.frombuffer(content, ">u2").reshape(height, width, 3)
    return DeepPixels(values, None, "RGB", (0, largest))


def _load_as(picture: Image.Image, raw: str) -> npt.NDArray[np.uint8]:
    tiles: list[Any] = picture.tile  # type: ignore[attr-defined]
    picture.tile = [  # type: ignore[attr-defined]
        tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw) for tile in tiles
    ]
    return np.asarray(picture)


def _without_alpha(numbers: Values, *, is_premultiplied: bool) -> tuple[Values, Values]:
    colours, alpha = numbers[..., :-1], numbers[..., -1].astype(np.float64)
    # 10, 12 or 14 bits in 16 may have the alpha of as many
    deepest = int(numbers.max(initial=1))
    opaque = next(2**bits - 1 for bits in (8, 10, 12, 14, 16) if deepest < 2**bits)
    alpha /= opaque
    if is_premultiplied:
        straight = colours / np.maximum(alpha, 1 / opaque)[..., None]
        colours = np.rint(straight.clip(0, 65535)).astype(np.uint16)
    return colours, alpha


def _declared_no_data(tags: Any) -> tuple[float, ...]:
    try:
        return (float(str(tags.get(_GDAL_NODATA, "")).strip("\0 ")),)
    except ValueError:
        return ()
