"""Opening picture files with Pillow: which formats, what to do about their kinds of pixels, what is wrong."""

import warnings
from functools import cache
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

# these run another program, or only tell that a file of that kind is there
_NOT_READ = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}
# formats that a file is recognised to have whatever its name: they begin with a mark that no text has
_UNMISTAKABLE = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000")
_ORIENTATION = 0x0112
_WITH_ORIENTATION = {"exif", "xmp", "XML:com.adobe.xmp"}

# Pillow warns of single files without naming them, such as pictures above 89 megapixels, which cameras make;
# what matters, twice that size for one, is an error and becomes the status of the file
warnings.filterwarnings("ignore", module=r"PIL\.")


@cache
def picture_suffixes() -> frozenset[str]:
    """The endings of file names, such as ".jpg", that stand for a format that can be read."""
    formats = set(_readable_formats())
    suffixes = Image.registered_extensions()
    return frozenset(suffix for suffix, kind in suffixes.items() if kind in formats)


def promises_picture(path: Path) -> bool:
    """Whether the ending of the name says that the file is a picture."""
    return path.suffix.lower() in picture_suffixes()


def open_picture(path: Path, file: IO[bytes] | None = None) -> Image.Image:
    """Read the header of a picture; of an animated one, the first frame is what will be loaded.

    Where the name does not promise a picture, only those formats are tried that no text is mistaken for.

    Args:
        path: The file.
        file: The same, opened already; it is not closed with the picture.

    Raises:
        OSError and others: Whatever Pillow raises; `what_is_wrong` puts it into words.
    """
    formats = _readable_formats() if promises_picture(path) else _UNMISTAKABLE
    return Image.open(file or path, formats=formats)


def orientation_of(picture: Image.Image) -> int:
    """How the camera was held, 1 (upright) to 8, as EXIF has it; 5 and more exchange width and height."""
    # TIFF files are turned by Pillow while they load; getexif() of a PNG without a mark reads all of it
    if picture.format == "TIFF" or not _WITH_ORIENTATION & picture.info.keys():
        return 1
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # of broken EXIF data Pillow raises whatever its parsers do; the picture may be fine
        return 1
    return orientation if orientation in range(1, 9) else 1


def to_pixels(picture: Image.Image, channels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Load a picture of any kind as (H, W) uint8 for one channel, or (H, W, 3) for three.

    Transparent parts show a white ground. 16-bit (and 32-bit whole) numbers go from 0…65535 to 0…255;
    fractions, whose range no format says, from their smallest…largest to 0…255.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = Image.fromarray(_eight_bit(np.asarray(picture)))
    if picture.has_transparency_data:
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture.convert("RGBA"))
        picture = ground
    mode = "L" if channels == 1 else "RGB"
    # converting to the same mode would be another copy of every pixel; Pillow lets nobody write into its own
    return np.array(picture if picture.mode == mode else picture.convert(mode))


def what_is_wrong(error: Exception, file: Path) -> str:
    """Put into words, without addresses and places, why a picture could not be read.

    Args:
        error: What was raised.
        file: The file.
    """
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, Image.DecompressionBombError):
        return "so many pixels that it may be a decompression bomb"
    if _is_empty(file):
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        return f"not an image, although its name ends in {file.suffix}" if file.suffix else "not an image"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _is_empty(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return False


def _eight_bit(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    wide = values.astype(np.float64)
    if values.dtype.kind == "f":
        wide = np.nan_to_num(wide)
        low, high = wide.min(), wide.max()
        wide = (wide - low) / ((high - low) or 1.0) * 65535
    return np.round(wide.clip(0, 65535) / 257).astype(np.uint8)


@cache
def _readable_formats() -> tuple[str, ...]:
    Image.init()
    readable = [kind for kind in Image.OPEN if kind not in _NOT_READ]
    # Pillow tries one after the other: the common ones come first
    return tuple(
        sorted(readable, key=lambda kind: _UNMISTAKABLE.index(kind) if kind in _UNMISTAKABLE else 99)
    )
