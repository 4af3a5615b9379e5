"""The findings of an audit, each in a row of a table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import pandas as pd

from image_classification.images.audit_duplicates import LARGEST_GROUP, MOST_PAIRS, Duplicates
from image_classification.parameters.audit import AuditParameters

_NAMED = 10
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
    distance: int = -1
    leak: bool = False
    label_conflict: bool = False


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Make a table of the findings, one row each.

    Returns:
        The columns kind ("exact duplicates", "near duplicates", "look-alikes", "class imbalance",
        "small images"), images (how many, int64), names (the first ten), classes, splits, remark (a
        sentence), group (number of the group of copies, -1 if they are no copies), distance (the largest
        number of bits between the hashes of two linked copies, -1 if they are no copies), leak (in several
        splits) and label_conflict (under several labels), both bool.
    """
    types = {field.name: "str" if field.type is str else field.type for field in fields(Finding)}
    table = pd.DataFrame([asdict(finding) for finding in findings], columns=list(types))
    return table.astype({name: "int64" if kind is int else kind for name, kind in types.items()})


def describe_copies(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Describe each group of copies, those first that spoil an evaluation.

    Args:
        files: One row per image: name, class_name, given_split, and side, which is "train" where no split is
            given.
        duplicates: The groups of copies.
    """
    distances: dict[int, int] = {}
    for link in duplicates.near:
        group = int(duplicates.group_of[link.first])
        distances[group] = max(distances.get(group, 0), link.distance)
    found = []
    for rows in duplicates.groups:
        copies = files.iloc[rows]
        group = int(duplicates.group_of[rows[0]])
        leak = copies["side"].nunique() > 1
        label_conflict = copies["class_name"].nunique() > 1
        remarks = ["in several splits"] * leak + ["under several labels"] * label_conflict
        found.append(
            _about(
                copies,
                "near duplicates" if group in distances else "exact duplicates",
                " and ".join(remarks) or "in one split, under one label",
                group=group,
                distance=distances.get(group, 0),
                leak=leak,
                label_conflict=label_conflict,
            )
        )
    return sorted(found, key=lambda finding: (not finding.leak, not finding.label_conflict))


def describe_look_alikes(
    files: pd.DataFrame, duplicates: Duplicates, parameters: AuditParameters
) -> list[Finding]:
    """Say where images resemble one another too much for near duplicates to mean anything."""
    advice = (
        f"lower image_folder.audit.near_duplicate_distance ({parameters.near_duplicate_distance}) "
        f"or raise near_duplicate_similarity ({parameters.near_duplicate_similarity:g})"
    )
    if not duplicates.searched:
        remark = (
            f"Near duplicates were not looked for: over {MOST_PAIRS:,} pairs of images look alike; {advice}."
        )
        return [_about(files, "look-alikes", remark)]
    return [
        _about(
            files.iloc[rows],
            "look-alikes",
            f"{len(rows)} images look alike in one chain, which is longer than {LARGEST_GROUP} and so not "
            f"taken for copies; to tell them apart {advice}.",
        )
        for rows in duplicates.looks_alike
    ]


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
    return [_about(training[training["class_name"].isin([largest, smallest])], "class imbalance", remark)]


def describe_small_images(files: pd.DataFrame, image_shape: tuple[int, int, int]) -> list[Finding]:
    """Say how many images have fewer pixels than they are enlarged to."""
    _, height, width = image_shape
    small = files[(files["width"] < width) | (files["height"] < height)]
    if small.empty:
        return []
    are = "has" if len(small) == 1 else "have"
    they = "it is" if len(small) == 1 else "they are"
    remark = (
        f"{len(small)} of the images {are} fewer than the {width}x{height} pixels that {they} enlarged to."
    )
    return [_about(small, "small images", remark)]


def _about(
    files: pd.DataFrame,
    kind: str,
    remark: str,
    *,
    group: int = -1,
    distance: int = -1,
    leak: bool = False,
    label_conflict: bool = False,
) -> Finding:
    splits = set(files["given_split"].replace("", "not given"))
    return Finding(
        kind=kind,
        images=len(files),
        names=_listed(files["name"].tolist()),
        classes=_listed(list(dict.fromkeys(files["class_name"]))),
        splits=", ".join(split for split in _SPLITS if split in splits),
        remark=remark,
        group=group,
        distance=distance,
        leak=leak,
        label_conflict=label_conflict,
    )


def _listed(names: list[str]) -> str:
    others = [f"… and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join(names[:_NAMED] + others)
