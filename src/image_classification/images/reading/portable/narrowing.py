"""Bringing pictures of more than 8 bits a channel to 8 bits, as a range of numbers says."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from image_classification.images.reading.deep_pixels import DeepPixels, Values

# beyond what is ever measured; where nothing was, programs write 1e20, 9.97e36 (netCDF) or ±3.4e38
_NEVER_MEASURED = 1e19


class Numbers(Protocol):
    """Which numbers become black and white, and which stand for missing pixels: as `ValueRange` says it."""

    @property
    def integers(self) -> tuple[float, float] | None:
        """Of whole numbers; None: all of their type."""

    @property
    def floats(self) -> tuple[float, float] | None:
        """Of floats; None: 0…1."""

    @property
    def no_data(self) -> tuple[float, ...]:
        """Numbers that stand for missing pixels."""


class GivenNumbers(NamedTuple):
    """The same as plain values."""

    integers: tuple[float, float] | None = None
    floats: tuple[float, float] | None = None
    no_data: tuple[float, ...] = ()


def missing(pixels: DeepPixels, no_data: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Find where nothing was measured: NaN, what the file declares, the given values, floats beyond ±1e19.

    Returns:
        Booleans in the shape of the values.
    """
    values = pixels.values
    found = np.zeros(values.shape, dtype=np.bool_)
    if pixels.are_floats:
        found |= np.isnan(values) | ((np.abs(values) >= _NEVER_MEASURED) & np.isfinite(values))
    for each in (*pixels.no_data, *no_data):
        found |= values == as_stored(each, values)
    return found


def as_stored(number: float, values: Values) -> float | np.generic:
    """Return a number in the type of the values: as a float32, 0.1 is not the number that it is in Python."""
    with np.errstate(over="ignore"):
        return values.dtype.type(number) if values.dtype.kind == "f" else number


def eight_bits(pixels: DeepPixels, value_range: Numbers) -> Image.Image:
    """Bring the numbers of a picture to 8 bits.

    Returns:
        A picture of the mode of the pixels, or with an alpha channel beside it.
    """
    fixed = value_range.floats if pixels.are_floats else value_range.integers
    low, high = fixed or pixels.limits
    is_missing = missing(pixels, value_range.no_data)
    values = np.where(is_missing, low, pixels.values.astype(np.float64))
    # a set of a single number has no range: all of it is black
    scaled = (values.clip(low, high) - low) * (255 / ((high - low) or 1))
    narrow = np.rint(255 - scaled if pixels.white_is_zero else scaled).astype(np.uint8)
    narrow[is_missing] = 0
    picture = Image.frombytes(pixels.mode, narrow.shape[1::-1], narrow.tobytes())
    if pixels.alpha is not None:
        picture.putalpha(Image.fromarray(np.rint(pixels.alpha * 255).clip(0, 255).astype(np.uint8)))
    return picture
