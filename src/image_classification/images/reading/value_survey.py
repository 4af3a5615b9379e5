"""Choosing the range of values of a data set from its training images."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from image_classification.console import progress_bar
from image_classification.images.reading.deep_pixels import DeepPixels, deep_mode, read_deep_pixels
from image_classification.images.reading.eight_bits import as_stored, missing
from image_classification.images.reading.options import ValueRangeChoice
from image_classification.images.reading.pictures import open_content, open_picture
from image_classification.threads import map_in_threads
from image_classification.value_range import ValueRange, text
from image_classification.words import params_option, some

logger = logging.getLogger(__name__)

# what programs write where nothing was measured; elsewhere these are numbers like any others
_NO_DATA = (
    *(-999, -9999, -99999, -999999, 9999, 99999, 999999, -1e9, -1e10, -1e15, 1e9, 1e10, 1e15),
    *(-32767, -32768, -(2**31) + 1, -(2**31)),
)
_SATURATED = (2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1)
_SELDOM = 1 / 20  # of all pixels
_BITS = (8, 10, 12, 14, 16)
_NAMED = 5
_LITTLE = 1 / 8
_DTYPE = {False: (-np.inf, np.inf), True: (0, 1)}
_PARAMETER = "image_folder.images.value_range"


class FileValues(NamedTuple):
    """The numbers of one file.

    name: Of the file.
    is_training: Whether it may become a training image.
    are_floats: Whether they are floats, not whole numbers.
    low, high: Smallest and largest of what is certainly measured; inf and -inf if nothing is.
    suspects: Those that stand for missing or saturated pixels in many files, if they are there.
    saturated: Share of the pixels that hold the largest number of a type.
    odd: Which of "NaN", "Inf" and "no-data values" (certain ones) there are.
    """

    name: str
    is_training: bool
    are_floats: bool
    low: float
    high: float
    suspects: frozenset[float] = frozenset()
    saturated: float = 0.0
    odd: tuple[str, ...] = ()


def choose_value_range(
    folder: Path, names: Sequence[str], are_training: Sequence[bool], chosen: ValueRangeChoice
) -> ValueRange:
    """Look at all numbers of the files of more than 8 bits, say which become black and white, and why.

    Args:
        folder: What the names start from.
        names: Of the files of more than 8 bits a channel.
        are_training: Whether each may become a training image: they alone decide.
        chosen: auto, dtype (all that the type holds; floats 0…1) or the two numbers.
    """

    def survey(row: int) -> FileValues | None:
        try:
            with (
                open_content(folder / names[row]) as file,
                open_picture(folder / names[row], file) as picture,
            ):
                if deep_mode(picture) is None:
                    return None
                return values_of(
                    read_deep_pixels(picture, folder / names[row], file), names[row], are_training[row]
                )
        except Exception:  # it gets its reason when it is decoded for the store
            return None

    with progress_bar("Looking at pixel values", total=len(names), unit="images") as advance:
        found = [each for each in map_in_threads(survey, range(len(names)), advance) if each]
    value_range = range_of(found, chosen)
    for kind in (False, True):
        of_kind = [each for each in found if each.are_floats == kind]
        if of_kind:
            _report(of_kind, value_range, chosen)
    return value_range


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
        low, high, missing_there = _measured(deciding)
        ranges[are_floats] = fixed
        if chosen == "auto" and low <= high:
            ranges[are_floats] = _usual_range(low, high, are_floats=are_floats)
        # a number in a range that a person chose is meant to be one
        within = ranges[are_floats] or (_DTYPE[are_floats] if chosen == "dtype" else (np.inf, -np.inf))
        no_data |= {each for each in missing_there if not within[0] <= each <= within[1]}
    return ValueRange(integers=ranges[False], floats=ranges[True], no_data=tuple(sorted(no_data)))


def _measured(files: Sequence[FileValues]) -> tuple[float, float, set[float]]:
    """Smallest and largest number measured, and the suspects that stand for missing pixels.

    A suspect is a number like any others unless it lies alone: farther away than all others are from each
    other, or as the only negative one. What is largest in its type may be light too bright to be measured:
    it stays white, but where it is seldom it does not make everything else dark.
    """
    low = min((each.low for each in files), default=np.inf)
    high = max((each.high for each in files), default=-np.inf)
    suspects = {suspect for each in files for suspect in each.suspects}
    if low > high:
        brightest = [each for each in suspects if each in _SATURATED]
        low, high = min(brightest, default=low), max(brightest, default=high)
    alone = {each for each in suspects if max(low - each, each - high) > high - low or (each < 0 <= low)}
    if sum(each.saturated for each in files) > _SELDOM * len(files):
        alone -= set(_SATURATED)
    ordinary = [each for each in suspects if each not in alone]
    return min([low, *ordinary]), max([high, *ordinary]), {each for each in alone if each in _NO_DATA}


def _usual_range(low: float, high: float, *, are_floats: bool) -> tuple[float, float]:
    """The range that a person meant who has numbers from low to high."""
    if are_floats:
        if low >= 0 and high <= 1:
            return 0, 1
        # what uses less than half of 0…255 is rather something that was measured in units of its own
        return (0, 255) if low >= 0 and 127 < high <= 255 else (low, high)
    if low < 0 or high >= 2 ** _BITS[-1]:
        return low, high
    return 0, next(2**bits - 1 for bits in _BITS if high < 2**bits)


def _report(files: Sequence[FileValues], value_range: ValueRange, chosen: ValueRangeChoice) -> None:
    """Say which range the files of one kind of numbers got, and which of them are odd."""
    are_floats = files[0].are_floats
    low, high, _ = _measured([each for each in files if each.is_training] or files)
    range_ = value_range.floats if are_floats else value_range.integers
    if range_ is None and are_floats:
        range_ = (0, 1)
    held = f"{text(low)}…{text(high)}" if low <= high else "nothing that was measured"
    ends = f"{text(range_[0])}…{text(range_[1])}" if range_ else "all that their type holds"
    logger.info(
        "Files of more than 8 bits a channel: %d hold %s, in the training images %s: %s becomes "
        "black…white (%s=%s). Files of 8 bits keep their 0…255.",
        *(len(files), "floats" if are_floats else "whole numbers", held),
        *(ends, _PARAMETER, _typed(chosen)),
    )
    if range_ and low < high and high - low < (range_[1] - range_[0]) * _LITTLE:
        logger.warning(
            "The training images use %.2g %% of %s only: they have few shades. To use all: %s",
            *(100 * (high - low) / (range_[1] - range_[0]), ends),
            params_option({_PARAMETER: [float(text(low)), float(text(high))]}),
        )
    for what, holds in _oddities(range_, value_range.no_data).items():
        if names := [each.name for each in files if holds(each)]:
            verb = "file holds" if len(names) == 1 else "files hold"
            logger.warning("%d %s %s: %s.", len(names), verb, what, some(names, _NAMED))


def _oddities(
    range_: tuple[float, float] | None, no_data: tuple[float, ...]
) -> dict[str, Callable[[FileValues], bool]]:
    """What may be odd about the numbers of a file with what becomes of it, and whether it is so."""
    low, high = range_ or (-np.inf, np.inf)

    def are_outside(each: FileValues) -> bool:
        others = each.suspects - set(no_data)
        return min(each.low, *others, low) < low or max(each.high, *others, high) > high

    return {
        "NaN, which becomes black": lambda each: "NaN" in each.odd,
        "Inf, which becomes white (-Inf black)": lambda each: "Inf" in each.odd,
        "no-data values, which become black": lambda each: (
            "no-data values" in each.odd or bool(each.suspects & set(no_data))
        ),
        f"numbers outside {text(low)}…{text(high)}, which become black or white": are_outside,
    }


def _typed(chosen: ValueRangeChoice) -> str:
    """As it is written in a file of parameters."""
    return chosen if isinstance(chosen, str) else f"[{text(chosen[0])},{text(chosen[1])}]"
