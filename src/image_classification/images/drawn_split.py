"""Drawing the splits that nobody gave: by content, each class in each split, and old images stay where they
are.

Each picture gets a number between 0 and 1 that a hash makes of the seed and its content, so the split of an
image does not depend on which other images there are. Three things would break that, and are remembered
from run to run for that reason: a copy that joins a picture, a group that gets another image, and the
exceptions that small classes need.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.images.fill_classes import fill_classes
from image_classification.parameters.image_folder import FolderSplitParameters

MEMORY_COLUMNS = ("sha256", "leader", "split", "draw")


class DrawnSplit(NamedTuple):
    """The split of each image, and how many of them were there in an earlier draw, in which they stay."""

    split: "pd.Series[str]"
    known: int


def empty_memory() -> pd.DataFrame:
    """The memory of somebody who has not seen any image: the columns sha256, leader, split, draw, all str."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in MEMORY_COLUMNS})


def name_of_draw(parameters: FolderSplitParameters, drawn: Iterable[str]) -> str:
    """What a draw is remembered under: images stay where they are as long as it is the same."""
    shares = {"validation": parameters.validation, "test": parameters.test}
    drawn = set(drawn)
    return ", ".join(
        [f"seed {parameters.seed}", *(f"{name} {share:g}" for name, share in shares.items() if name in drawn)]
    )


def draw_splits(
    files: pd.DataFrame, parameters: FolderSplitParameters, drawn: set[str], memory: pd.DataFrame
) -> DrawnSplit:
    """Draw a split for each image.

    Images with the same content, of one group and of one group of copies get the same split. An image that
    the memory has keeps its split, and those that belong to it follow. Of all others each class gets at
    least one into each split, as far as it has pictures enough.

    Args:
        files: sha256, group, duplicate_group and class_name of each image.
        parameters: Seed and shares.
        drawn: Which of "validation" and "test" are to be drawn.
        memory: As `remembered` made it.
    """
    draw = name_of_draw(parameters, drawn)
    of_draw = memory[memory["draw"] == draw].drop_duplicates("sha256", keep="last")
    of_image = of_draw.set_index("sha256")["split"]
    split = files["sha256"].map(of_image).astype("object").fillna("").astype("str")
    known = int((split != "").sum())
    age = files["sha256"].map(pd.Series(range(len(of_draw)), index=of_draw["sha256"], dtype="float64"))
    split = _followed(files, split, age)
    new = files[split == ""]
    unit = units_of(new)
    shares = {"validation": parameters.validation, "test": parameters.test}
    wanted = {name: share for name, share in shares.items() if name in drawn and share > 0}
    numbers = _numbers(new, unit, parameters.seed)
    split[new.index] = _by_number(numbers, wanted)
    fill_classes(files, split, unit, numbers, wanted)
    return DrawnSplit(split, known)


def remembered(memory: pd.DataFrame, files: pd.DataFrame, split: "pd.Series[str]", draw: str) -> pd.DataFrame:
    """Add the images of a draw to the memory: one row per content and draw, the earliest first."""
    new = pd.DataFrame(
        {"sha256": files["sha256"], "leader": files["leader"], "split": split, "draw": draw}, dtype="str"
    )
    together = pd.concat([memory, new], ignore_index=True)
    return together.drop_duplicates(["sha256", "draw"], keep="first").reset_index(drop=True)


def _followed(files: pd.DataFrame, split: "pd.Series[str]", age: "pd.Series[float]") -> "pd.Series[str]":
    """Let images without a split follow the oldest one of those that they belong to, until nobody does any
    more.
    """
    split, age = split.copy(), age.copy()
    while True:
        before = (split != "").sum()
        for column in ("group", "duplicate_group"):
            keys = _keys(files, column)
            placed = split != ""
            oldest = age[placed].groupby(keys[placed]).idxmin()
            follow = ~placed & keys.isin(oldest.index)
            leaders = keys[follow].map(oldest)
            split[follow] = split.loc[leaders].to_numpy()
            age[follow] = age.loc[leaders].to_numpy()
        if (split != "").sum() == before:
            return split


def _keys(files: pd.DataFrame, column: str) -> "pd.Series[str]":
    """What images have in common by a column; those without a value there have their content in common."""
    if column == "group":
        return files["sha256"].where(files["group"] == "", "group " + files["group"])
    values = files["duplicate_group"]
    return files["sha256"].where(values < 0, "copies " + values.astype("str"))


def units_of(files: pd.DataFrame) -> "pd.Series[int]":
    """Number what shares a split: the same content, one group, one group of copies, through any chain of
    them.

    The number is the place of the first of their keys in order.
    """
    places, _ = pd.factorize(_keys(files, "group"), sort=True)
    unit = pd.Series(places, index=files.index, dtype="int64")
    while True:
        earlier = unit
        for keys in (files["sha256"], _keys(files, "group"), _keys(files, "duplicate_group")):
            earlier = earlier.groupby(keys).transform("min")
        if earlier.equals(unit):
            return unit
        unit = earlier


def _numbers(files: pd.DataFrame, unit: "pd.Series[int]", seed: int) -> "pd.Series[float]":
    """A number in [0, 1) for each image, the same for all of a unit: that of its first key, not the
    smallest number.

    The smallest one would not do: the larger a group, the surer it would go to validation.
    """
    _, keys = pd.factorize(_keys(files, "group"), sort=True)
    return unit.map({place: _number(seed, keys[place]) for place in unit.unique()}).astype("float64")


def _number(seed: int, key: str) -> float:
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # 48 bits are exact in a float


def _by_number(numbers: "pd.Series[float]", wanted: dict[str, float]) -> "npt.NDArray[np.object_]":
    """From the two ends: another share of one leaves the other as it was."""
    split = np.full(len(numbers), "train", dtype=object)
    split[(numbers < wanted.get("validation", 0)).to_numpy()] = "validation"
    split[(numbers >= 1 - wanted.get("test", 0)).to_numpy()] = "test"
    return split
