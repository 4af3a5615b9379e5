"""Fill the splits that a draw left without an image of a small class: one of its images moves there."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

# a class of few images has them where they are missed most
_BY_NEED = ("train", "test", "validation")


class _Drawn(NamedTuple):
    """The images of a draw as arrays, which are quick with thousands of classes too.

    classes, split, unit: (n,), of each image; units are negative where the split is known from earlier.
    rows_of_class, rows_of_unit: the rows of each class and each unit.
    """

    classes: npt.NDArray[np.object_]
    split: npt.NDArray[np.object_]
    unit: npt.NDArray[np.int64]
    rows_of_class: dict[str, npt.NDArray[np.int64]]
    rows_of_unit: dict[int, npt.NDArray[np.int64]]

    def movable(self, candidates: list[int], lacking: str, needed: list[str]) -> list[int]:
        """Return the units that can go without leaving a split that needs them as much without a class."""

        @cache
        def units(name: str, split: str) -> int:
            rows = self.rows_of_class[name]
            return len(np.unique(self.unit[rows][self.split[rows] == split]))

        def may_move(candidate: int) -> bool:
            rows = self.rows_of_unit[candidate]
            left = self.split[rows[0]]
            if left not in needed or needed.index(lacking) < needed.index(left):
                return True
            return all(units(name, left) > 1 for name in dict.fromkeys(self.classes[rows]))

        return [each for each in candidates if may_move(each)]


def fill_classes(
    files: pd.DataFrame,
    split: "pd.Series[str]",
    unit: "pd.Series[int]",
    numbers: "pd.Series[float]",
    wanted: dict[str, float],
) -> None:
    """Give each class an image in each split, as far as it has enough units; only new units are moved.

    Args:
        files: class_name of each image.
        split: Of each image; changed in place.
        unit: Of each new image; images of one unit share a split.
        numbers: The number in [0, 1) that was drawn for each new image.
        wanted: The splits that are drawn, with their shares.
    """
    needed = [name for name in _BY_NEED if name == "train" or name in wanted]
    # what is known from earlier cannot be moved: negative numbers, each image by itself
    fixed = pd.Series(-1 - np.arange(len(files)), index=files.index)
    units = np.asarray(unit.reindex(files.index).fillna(fixed), dtype=np.int64)
    classes = files["class_name"].to_numpy(dtype=object)
    placed = split.to_numpy(dtype=object).copy()
    drawn = _Drawn(classes, placed, units, _rows_of_each(classes), _rows_of_each(units))
    number_of = numbers.groupby(unit).first().to_dict()
    for class_name in _lacking(files["class_name"], split, needed):
        own = drawn.rows_of_class[class_name]
        candidates = [each for each in dict.fromkeys(units[own].tolist()) if each >= 0]
        for lacking in needed:
            if (drawn.split[own] == lacking).any():
                continue
            if movable := drawn.movable(candidates, lacking, needed):
                end = {"validation": 0.0, "test": 1.0}.get(lacking, 0.5)
                nearest = min(movable, key=lambda candidate: abs(number_of[candidate] - end))
                drawn.split[drawn.rows_of_unit[nearest]] = lacking
    split[:] = drawn.split


def _rows_of_each(values: npt.NDArray[Any]) -> dict[Any, npt.NDArray[np.int64]]:
    places, each = pd.factorize(values)
    order = np.argsort(places, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(places[order])) + 1)
    return dict(zip(each, parts, strict=True)) if len(values) else {}


def _lacking(classes: "pd.Series[str]", split: "pd.Series[str]", needed: list[str]) -> list[str]:
    counts = pd.crosstab(classes, split).reindex(columns=needed, fill_value=0)
    return sorted(str(name) for name in counts.index[(counts == 0).any(axis=1)])
