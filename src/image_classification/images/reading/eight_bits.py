"""Bringing pictures of more than 8 bits a channel to 8 bits, all of a data set in one way."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from image_classification.images.reading.deep_pixels import DeepPixels, Values
from image_classification.value_range import ValueRange

# beyond what is ever measured: what programs write where nothing was, 1e20, 9.97e36 (netCDF), ±3.4e38
_NEVER_MEASURED = 1e19


def missing(pixels: DeepPixels, no_data: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Where nothing was measured: NaN, what the file declares, the given values, floats beyond ±1e19.

    Returns:
        As the values, bool.
    """
    values = pixels.values
    found = np.zeros(values.shape, dtype=np.bool_)
    if pixels.are_floats:
        found |= np.isnan(values) | ((np.abs(values) >= _NEVER_MEASURED) & np.isfinite(values))
    for each in (*pixels.no_data, *no_data):
        found |= values == as_stored(each, values)
    return found


def as_stored(number: float, values: Values) -> float | np.generic:
    """The number in the type of the values, where 0.1 is another than Python's; whole numbers as they are."""
    with np.errstate(over="ignore"):
        return values.dtype.type(number) if values.dtype.kind == "f" else number


def eight_bits(pixels: DeepPixels, value_range: ValueRange) -> Image.Image:
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
    picture = Image.fromarray(narrow) if pixels.mode != "CMYK" else _inks(narrow)
    if pixels.alpha is not None:
        picture.putalpha(Image.fromarray(np.rint(pixels.alpha * 255).clip(0, 255).astype(np.uint8)))
    return picture


def _inks(values: npt.NDArray[np.uint8]) -> Image.Image:
    height, width, _ = values.shape
    return Image.frombytes("CMYK", (width, height), values.tobytes())
