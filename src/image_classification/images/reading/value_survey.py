"""Choosing the range of values of a data set from its training images."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from image_classification.console import progress_bar
from image_classification.images.reading.deep_pixels import deep_mode, read_deep_pixels
from image_classification.images.reading.eight_bits import FileValues, measured_range, range_of, values_of
from image_classification.images.reading.memory import MemoryBudget, usual_budget
from image_classification.images.reading.options import FolderImageOptions, ValueRangeChoice
from image_classification.images.reading.pictures import open_content, open_picture
from image_classification.threads import map_in_threads
from image_classification.value_range import ValueRange, text
from image_classification.words import some

logger = logging.getLogger(__name__)

_FEW = 1 / 8  # of the range


def choose_value_range(
    folder: Path,
    names: Sequence[str],
    are_training: Sequence[bool],
    chosen: ValueRangeChoice,
    budget: MemoryBudget | None = None,
) -> ValueRange:
    """Look at all numbers of the files of more than 8 bits, choose which become black and white, log why.

    Args:
        folder: What the names start from.
        names: Of the files of more than 8 bits a channel.
        are_training: Whether each may become a training image: they alone decide.
        chosen: auto, dtype (all that the type holds; floats 0…1) or the two numbers.
        budget: The memory that all threads share; None: that of the process.
    """
    budget = budget or usual_budget()

    def survey(row: int) -> FileValues | None:
        path = folder / names[row]
        try:
            with open_content(path) as file, open_picture(path, file) as picture:
                mode = deep_mode(picture)
                if mode is None:
                    return None
                with budget.for_picture(picture, 1, mode, is_jpeg=False):
                    return values_of(read_deep_pixels(picture, file), names[row], are_training[row])
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


def _report(files: Sequence[FileValues], value_range: ValueRange, chosen: ValueRangeChoice) -> None:
    """Log which range the files of one kind of numbers got, and what is odd about some of them."""
    are_floats = files[0].are_floats
    low, high, _ = measured_range([each for each in files if each.is_training] or files)
    range_ = value_range.floats if are_floats else value_range.integers
    if range_ is None and are_floats:
        range_ = (0, 1)
    held = f"{text(low)}…{text(high)}" if low <= high else "nothing that was measured"
    ends = f"{text(range_[0])}…{text(range_[1])}" if range_ else "all that their type holds"
    logger.info(
        "Files of more than 8 bits a channel: %d hold %s, in the training images %s: %s becomes "
        "black…white (%s=%s). Files of 8 bits keep their 0…255.",
        *(len(files), "floats" if are_floats else "whole numbers", held),
        *(ends, FolderImageOptions.named("value_range")),
        chosen if isinstance(chosen, str) else f"[{text(chosen[0])},{text(chosen[1])}]",
    )
    if range_ and low < high and high - low < (range_[1] - range_[0]) * _FEW:
        logger.warning(
            "The training images use %.2g %% of %s only: they have few shades. To use all: %s",
            *(100 * (high - low) / (range_[1] - range_[0]), ends),
            FolderImageOptions.setting(value_range=[float(text(low)), float(text(high))]),
        )
    for what, holds in _oddities(range_, value_range.no_data).items():
        if names := [each.name for each in files if holds(each)]:
            verb = "file holds" if len(names) == 1 else "files hold"
            logger.warning("%d %s %s: %s.", len(names), verb, what, some(names))


def _oddities(
    range_: tuple[float, float] | None, no_data: tuple[float, ...]
) -> dict[str, Callable[[FileValues], bool]]:
    """Return what may be odd about the numbers of a file, and what becomes of it, with a test for each."""
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
