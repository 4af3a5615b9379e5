"""Which numbers become black and white in pictures of more than 8 bits a channel of a whole data set.

That follows from the numbers of all files, which are summed up file by file.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from image_classification.images.reading.deep_pixels import DeepPixels
from image_classification.images.reading.options import ValueRangeChoice
from image_classification.images.reading.portable.narrowing import as_stored, missing
from image_classification.value_range import ValueRange

# what programs write where nothing was measured; elsewhere these are numbers like any other
_NO_DATA = (
    *(-999, -9999, -99999, -999999, 9999, 99999, 999999, -1e9, -1e10, -1e15, 1e9, 1e10, 1e15),
    *(-32767, -32768, -(2**31) + 1, -(2**31)),
)
_SATURATED = (2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1)
_RARE = 1 / 20  # of all pixels
_BITS = (8, 10, 12, 14, 16)
_DTYPE = {False: (-np.inf, np.inf), True: (0, 1)}  # of whole numbers, of floats


class FileValues(NamedTuple):
    """The numbers of one file.

    name: Name of the file.
    is_training: Whether it may become a training image.
    are_floats: Whether they are floats, not whole numbers.
    low, high: Smallest and largest number that was certainly measured; inf and -inf if none was.
    suspects: Which numbers it holds that often stand for missing or saturated pixels.
    saturated: Share of the pixels that hold the largest number of a type.
    odd: Which of "NaN", "Inf" and "no-data values" (certain ones) it holds.
    """

    name: str
    is_training: bool
    are_floats: bool
    low: float
    high: float
    suspects: frozenset[float] = frozenset()
    saturated: float = 0.0
    odd: tuple[str, ...] = ()


def values_of(pixels: DeepPixels, name: str, is_training: bool) -> FileValues:
    """Sum up the numbers of one picture."""
    values, is_missing = pixels.values, missing(pixels, ())
    is_finite = np.isfinite(values) & ~is_missing
    suspects, measured = set(), is_finite
    for each in (*_NO_DATA, *_SATURATED):
        where = values == as_stored(each, values)
        if (where & is_finite).any():
            suspects.add(float(each))
            measured = measured & ~where
    numbers = values[measured]
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (np.inf, -np.inf)
    odd = {
        "NaN": np.isnan(values) if pixels.are_floats else np.False_,
        "Inf": np.isinf(values) if pixels.are_floats else np.False_,
        "no-data values": is_missing & ~np.isnan(values),
    }
    return FileValues(
        name,
        is_training,
        pixels.are_floats,
        low,
        high,
        frozenset(suspects),
        float(np.isin(values, _SATURATED).mean()) if suspects & set(_SATURATED) else 0.0,
        tuple(kind for kind, where in odd.items() if where.any()),
    )


def range_of(found: Iterable[FileValues], chosen: ValueRangeChoice) -> ValueRange:
    """Decide the range of whole numbers and of floats, and which numbers stand for missing pixels."""
    files = list(found)
    fixed = None if isinstance(chosen, str) else chosen
    ranges: dict[bool, tuple[float, float] | None] = {}
    no_data: set[float] = set()
    for are_floats in (False, True):
        of_kind = [each for each in files if each.are_floats == are_floats]
        deciding = [each for each in of_kind if each.is_training] or of_kind
        low, high, missing_there = measured_range(deciding)
        ranges[are_floats] = fixed
        if chosen == "auto" and low <= high:
            ranges[are_floats] = _usual_range(low, high, are_floats=are_floats)
        # a number in a range that a person chose is meant to be one
        within = ranges[are_floats] or (_DTYPE[are_floats] if chosen == "dtype" else (np.inf, -np.inf))
        no_data |= {each for each in missing_there if not within[0] <= each <= within[1]}
    return ValueRange(integers=ranges[False], floats=ranges[True], no_data=tuple(sorted(no_data)))


def measured_range(files: Sequence[FileValues]) -> tuple[float, float, set[float]]:
    """Return the smallest and largest number measured, and the suspects that stand for missing pixels.

    A suspect is a number like any other unless it lies alone: farther away than all others are from each
    other, or as the only negative one. The largest number of a type may be light too bright to be measured:
    it stays white, but where it is rare it does not make everything else dark.
    """
    low = min((each.low for each in files), default=np.inf)
    high = max((each.high for each in files), default=-np.inf)
    suspects = {suspect for each in files for suspect in each.suspects}
    if low > high:
        brightest = [each for each in suspects if each in _SATURATED]
        low, high = min(brightest, default=low), max(brightest, default=high)
    alone = {each for each in suspects if max(low - each, each - high) > high - low or (each < 0 <= low)}
    if sum(each.saturated for each in files) > _RARE * len(files):
        alone -= set(_SATURATED)
    ordinary = [each for each in suspects if each not in alone]
    return min([low, *ordinary]), max([high, *ordinary]), {each for each in alone if each in _NO_DATA}


def _usual_range(low: float, high: float, *, are_floats: bool) -> tuple[float, float]:
    """Return the range that numbers from low to high are likely to have been meant for."""
    if are_floats:
        if low >= 0 and high <= 1:
            return 0, 1
        # what uses less than half of 0…255 was probably measured in units of its own
        return (0, 255) if low >= 0 and 127 < high <= 255 else (low, high)
    if low < 0 or high >= 2 ** _BITS[-1]:
        return low, high
    return 0, next(2**bits - 1 for bits in _BITS if high < 2**bits)
