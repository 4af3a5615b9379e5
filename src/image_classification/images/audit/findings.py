"""The findings of an audit, each in a row of a table, and those that are not about copies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.images.store.image_dict import ImageDict
from image_classification.words import some

_NAMED = 10
_FLAT = 2.0  # grey levels: what compression leaves of a single colour
_SPLITS = ("not given", "train", "validation", "test")


@dataclass(frozen=True)
class Finding:
    """A finding, and the images that it is about."""

    kind: str
    images: int
    names: str
    classes: str
    splits: str
    remark: str
    group: int = -1
    similarity: float = float("nan")
    leak: bool = False
    label_conflict: bool = False
    certain: bool = False


class FileColumns(NamedTuple):
    """The columns that findings need, as lists: with thousands of groups, tables would take minutes."""

    name: list[str]
    class_name: list[str]
    given_split: list[str]
    side: list[str]
    sha256: list[str]

    @classmethod
    def of(cls, files: pd.DataFrame) -> "FileColumns":
        """Take them from a table with a row per image; side is "train" where no split is given."""
        return cls(*(files[name].tolist() for name in cls._fields))


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Make a table of the findings, one row each.

    Returns:
        The columns kind ("exact duplicates", "near duplicates", "placeholder", "look-alikes", "search",
        "plain images", "class imbalance", "nearly constant images", "small images"), images (how many,
        int64), names (the first ten), classes, splits, remark (a sentence), group (number of the group of
        copies, -1 if they are not copies), similarity (the lowest correlation between two linked copies; nan
        if they are not copies), leak (in several splits), label_conflict (under several labels) and certain
        (whether leak or label_conflict is beyond doubt), all bool.
    """
    names = [field.name for field in fields(Finding)]
    table = pd.DataFrame([asdict(finding) for finding in findings], columns=names)
    texts = dict.fromkeys(["kind", "names", "classes", "splits", "remark"], "str")
    flags = dict.fromkeys(["leak", "label_conflict", "certain"], "bool")
    return table.astype({"images": "int64", "group": "int64", "similarity": "float64", **texts, **flags})


def about(files: FileColumns, rows: Sequence[int], kind: str, remark: str) -> Finding:
    """Make a finding about some of the images, by row."""
    splits = {files.given_split[row] or "not given" for row in rows}
    return Finding(
        kind=kind,
        images=len(rows),
        names=some((files.name[row] for row in rows), _NAMED),
        classes=some(dict.fromkeys(files.class_name[row] for row in rows), _NAMED),
        splits=", ".join(split for split in _SPLITS if split in splits),
        remark=remark,
    )


def about_all(files: pd.DataFrame, kind: str, remark: str) -> Finding:
    """Make a finding about all images of a table."""
    return about(FileColumns.of(files), range(len(files)), kind, remark)


def describe_flat_images(
    files: pd.DataFrame, images: ImageDict, readable: npt.NDArray[np.bool_]
) -> list[Finding]:
    """Name the images that show nothing: all their pixels have nearly the same value."""
    rows = np.flatnonzero(readable)
    flat = files.iloc[rows[_spreads(images, rows) < _FLAT]]
    if flat.empty:
        return []
    which = "image is" if len(flat) == 1 else "images are"
    remark = (
        f"{len(flat)} {which} nearly constant, of a single colour, such as {flat['name'].iloc[0]}: "
        "nothing to learn from."
    )
    return [about_all(flat, "nearly constant images", remark)]


def _spreads(images: ImageDict, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the largest standard deviation of a channel of each image."""
    pixels = max(images.images[0, 0].numel(), 1) if len(images) else 1
    means, squares = np.moveaxis(images.channel_sums.of(rows) / pixels, 1, 0)  # each (n, C)
    spreads: npt.NDArray[np.float64] = np.sqrt(np.maximum(squares - means**2, 0)).max(axis=1, initial=0)
    return spreads


def describe_imbalance(files: pd.DataFrame, ratio: float) -> list[Finding]:
    """Say if the largest class outweighs the smallest; test images do not count."""
    training = files[files["given_split"] != "test"]
    counts = training["class_name"].value_counts()
    if len(counts) < 2 or counts.iloc[0] < ratio * counts.iloc[-1]:
        return []
    largest, smallest = counts.index[0], counts.index[-1]
    remark = (
        f"The classes are imbalanced: {counts.iloc[0]} images of {largest}, {counts.iloc[-1]} of {smallest}; "
        "balanced sampling or class weights may help."
    )
    return [about_all(training[training["class_name"].isin([largest, smallest])], "class imbalance", remark)]


def describe_small_images(files: pd.DataFrame, image_shape: tuple[int, int, int]) -> list[Finding]:
    """Say how many images have fewer pixels than they are enlarged to."""
    _, height, width = image_shape
    small = files[(files["width"] < width) | (files["height"] < height)]
    if small.empty:
        return []
    have, are = ("has", "it is") if len(small) == 1 else ("have", "they are")
    remark = (
        f"{len(small)} of the images {have} fewer than the {width}x{height} pixels that {are} enlarged to."
    )
    return [about_all(small, "small images", remark)]
