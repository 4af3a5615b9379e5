"""Draw the splits that nobody gave: by content, each class in each split, and old images stay where they are.

Each picture gets a number between 0 and 1 that a hash makes of the seed and its content, so the split of an
image does not depend on which other images there are. Three things would break that, and are remembered
from run to run for that reason: a copy that joins a picture, a group that gets another image, and the
exceptions that small classes need.

An image moves for one reason only: its owner changes what belongs together, by a column of groups, or by
another rule for what is a copy. What was torn apart is then drawn anew, as a whole.
"""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.images.folder.fill_classes import fill_classes
from image_classification.images.folder.options import FolderSplitOptions

MEMORY_COLUMNS = ("sha256", "split", "draw", "copies")


class DrawnSplit(NamedTuple):
    """The split of each image, the memory with them, and what became of those that an earlier draw has split.

    known: how many of them there are.
    moved: how many of them went elsewhere, to be with their group or copies.
    torn: how many pictures have copies in several splits, as these were split before anything joined them.
    """

    split: "pd.Series[str]"
    memory: pd.DataFrame
    known: int
    moved: int
    torn: int


def draw_splits(
    files: pd.DataFrame, parameters: FolderSplitOptions, drawn: set[str], memory: pd.DataFrame
) -> DrawnSplit:
    """Draw a split for each image.

    Images with the same content, of one group and of one group of copies get the same split. An image that
    the memory has keeps its split, and those that belong to it follow. Of all others each class gets at
    least one into each split, as far as it has enough pictures.

    Args:
        files: sha256, group, duplicate_group, class_name and copies (the rule that found the duplicate
            groups) of each image.
        parameters: Seed and shares.
        drawn: Which of "validation" and "test" are to be drawn.
        memory: As `empty_memory` or an earlier draw made it.
    """
    draw = _name_of_draw(parameters, drawn)
    known = memory[memory["draw"] == draw]
    known = known.drop_duplicates("sha256", keep="last").set_index("sha256")
    before = files["sha256"].map(known["split"]).astype("object").fillna("").astype("str")
    age = files["sha256"].map(pd.Series(range(len(known)), index=known.index, dtype="float64"))
    older_rule = (before != "") & (files["sha256"].map(known["copies"]) != files["copies"])
    split = _followed(files, _kept(files, before, older_rule), age)
    new = files[split == ""]
    unit = units_of(new)
    wanted = {name: share for name, share in parameters.shares.items() if name in drawn and share > 0}
    numbers = _numbers(new, unit, parameters.seed)
    split[new.index] = _by_number(numbers, wanted)
    fill_classes(files, split, unit, numbers, wanted)
    return DrawnSplit(
        split,
        remembered(memory, files, split, draw),
        known=int((before != "").sum()),
        moved=int(((before != "") & (before != split)).sum()),
        torn=int((split.groupby(_keys(files, "duplicate_group")).nunique() > 1).sum()),
    )


def empty_memory() -> pd.DataFrame:
    """Return a memory without images: the columns sha256, split, draw and copies, all str."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in MEMORY_COLUMNS})


def _name_of_draw(parameters: FolderSplitOptions, drawn: set[str]) -> str:
    """Return the name that a draw is remembered by: images stay where they are as long as it is the same."""
    shares = [f"{name} {share:g}" for name, share in parameters.shares.items() if name in drawn]
    return ", ".join([f"seed {parameters.seed}", *shares])


def remembered(memory: pd.DataFrame, files: pd.DataFrame, split: "pd.Series[str]", draw: str) -> pd.DataFrame:
    """Add the images of a draw to the memory: one row per content and draw, the earliest first."""
    now = pd.DataFrame(
        {"sha256": files["sha256"], "split": split, "draw": draw, "copies": files["copies"]}, dtype="str"
    ).drop_duplicates("sha256")
    # an image that moved keeps its place, and so its age
    both = pd.concat([memory.drop_duplicates(["sha256", "draw"], keep="last"), now])
    order = both[["sha256", "draw"]].drop_duplicates()
    latest = both.drop_duplicates(["sha256", "draw"], keep="last")
    return order.merge(latest, on=["sha256", "draw"])[list(MEMORY_COLUMNS)].astype("str")


def _kept(files: pd.DataFrame, split: "pd.Series[str]", older_rule: "pd.Series[bool]") -> "pd.Series[str]":
    """Return the split of each known image; "" if it is torn from others that its owner says it belongs to.

    The owner says so of a group, and of a group of copies where one of them was split by another rule for
    copies; but not by adding images that look like two old ones: these stay where they are.
    """
    known = files[split != ""]
    copies = known["duplicate_group"]
    by_new_rule = older_rule[known.index].groupby(copies).transform("any")
    unit = units_of(known.assign(duplicate_group=copies.where(by_new_rule, -1)))
    torn = split[known.index].groupby(unit).transform("nunique") > 1
    return split.mask(torn.reindex(split.index, fill_value=False), "")


def _followed(files: pd.DataFrame, split: "pd.Series[str]", age: "pd.Series[float]") -> "pd.Series[str]":
    """Let images without a split follow the oldest one that they belong to, until none is left to follow."""
    split, age = split.copy(), age.copy()
    while True:
        before = (split != "").sum()
        for column in ("group", "duplicate_group"):
            keys = _keys(files, column)
            placed = split != ""
            oldest = age[placed].groupby(keys[placed]).idxmin()
            follow = ~placed & keys.isin(oldest.index)
            first = keys[follow].map(oldest)
            split[follow] = split.loc[first].to_numpy()
            age[follow] = age.loc[first].to_numpy()
        if (split != "").sum() == before:
            return split


def _keys(files: pd.DataFrame, column: str) -> "pd.Series[str]":
    """Return what images have in common by a column; those without a value there, their content."""
    if column == "group":
        return files["sha256"].where(files["group"] == "", "group " + files["group"])
    values = files["duplicate_group"]
    return files["sha256"].where(values < 0, "copies " + values.astype("str"))


def units_of(files: pd.DataFrame) -> "pd.Series[int]":
    """Number the units: images share a split if a chain of equal content, groups and copies joins them.

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
    """Draw a number in [0, 1) for each unit, from its first key, and give it to each of its images.

    The smallest number of its images would not do: the larger a group, the surer it would go to validation.
    """
    _, found = pd.factorize(_keys(files, "group"), sort=True)
    keys = found.tolist()  # one by one they would take three times as long
    return unit.map({place: _number(seed, keys[place]) for place in unit.unique()}).astype("float64")


def _number(seed: int, key: str) -> float:
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # 48 bits are exact in a float


def _by_number(numbers: "pd.Series[float]", wanted: dict[str, float]) -> "npt.NDArray[np.object_]":
    """Take the splits from the two ends: another share for one leaves the other as it was."""
    split = np.full(len(numbers), "train", dtype=object)
    split[(numbers < wanted.get("validation", 0)).to_numpy()] = "validation"
    split[(numbers >= 1 - wanted.get("test", 0)).to_numpy()] = "test"
    return split
