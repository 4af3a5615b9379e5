"""The findings of an audit, each in a row of a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

import numpy as np
import pandas as pd

from image_classification.images.audit.groups import LARGEST_GROUP, Duplicates
from image_classification.images.audit.near_copies import MOST_PAIRS, Link
from image_classification.images.audit.options import AuditOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.threads import map_in_threads
from image_classification.words import some

_NAMED = 10
# From so many labels, or files, on one picture is no photograph that somebody labelled twice but stands for
# missing ones.
_PLACEHOLDER_LABELS, _PLACEHOLDER_FILES, _PLACEHOLDER_FILES_OF_LABELS = 3, 10, 5
# Share of the images from which on it is worth a word that they are too plain to be compared
_MANY_PLAIN = 0.01
# Grey levels: what compression leaves of a single colour
_FLAT = 2.0
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


class Rows(NamedTuple):
    """What findings say of some images, as lists: of thousands of groups, tables would take minutes.

    name, class_name, given_split, side, sha256: of each image.
    """

    name: list[str]
    class_name: list[str]
    given_split: list[str]
    side: list[str]
    sha256: list[str]

    @classmethod
    def of(cls, files: pd.DataFrame) -> "Rows":
        """Those of a table, which need not have all columns."""
        return cls(*(files[name].tolist() if name in files else [] for name in cls._fields))


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Make a table of the findings, one row each.

    Returns:
        The columns kind ("exact duplicates", "near duplicates", "placeholder", "look-alikes", "plain
        images", "class imbalance", "nearly constant images", "small images"), images (how many, int64),
        names (the first ten), classes, splits, remark (a sentence), group (number of the group of copies,
        -1 if they are no copies), similarity (the least correlation between two linked copies; nan if they
        are no copies), leak (in several splits), label_conflict (under several labels) and certain (whether
        leak or label_conflict is beyond doubt), all bool.
    """
    types = {field.name: "str" if field.type is str else field.type for field in fields(Finding)}
    table = pd.DataFrame([asdict(finding) for finding in findings], columns=list(types))
    return table.astype({name: "int64" if kind is int else kind for name, kind in types.items()})


def describe_copies(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Describe each group of copies, those first that spoil an evaluation.

    A mirrored or turned copy under another label is no conflict and no leak: which way a thing points may be
    the label.

    Args:
        files: One row per image: name, class_name, given_split, and side, which is "train" where no split is
            given.
        duplicates: The groups of copies.
    """
    links: dict[int, list[Link]] = {}
    for link in duplicates.near:
        if duplicates.group_of[link.first] == duplicates.group_of[link.second]:
            links.setdefault(int(duplicates.group_of[link.first]), []).append(link)
    all_rows = Rows.of(files)
    found = []
    for rows in duplicates.groups:
        group = int(duplicates.group_of[rows[0]])
        found.append(_describe_group(all_rows, rows, duplicates, links.get(group, []), group))
    return sorted(found, key=lambda finding: (not finding.leak, not finding.label_conflict))


def _describe_group(
    files: Rows, rows: list[int], duplicates: Duplicates, links: list[Link], group: int
) -> Finding:
    # label -> splits, of each different file: a placeholder may be there ten thousand times
    places: dict[int, dict[str, set[str]]] = {}
    for row in rows:
        of_file = places.setdefault(int(duplicates.exact[row]), {})
        of_file.setdefault(files.class_name[row], set()).add(files.side[row])
    leaks = [True for each in places.values() if len(set().union(*each.values())) > 1]
    conflicts = [True for each in places.values() if len(each) > 1]
    for link in links:
        one, two = places[link.first], places[link.second]
        if link.same_view:
            leak = len(set().union(*one.values(), *two.values())) > 1
            conflicts += [link.certain] if len({*one, *two}) > 1 else []
        else:
            leak = any(len(one[label] | two[label]) > 1 for label in one.keys() & two.keys())
        leaks += [link.certain] if leak else []
    changes = list(dict.fromkeys(link.change for link in links if link.change))
    remarks = ["in several splits"] * bool(leaks) + ["under several labels"] * bool(conflicts)
    remark = " and ".join(remarks) or "in one split, under one label"
    return _about(
        files,
        rows,
        "near duplicates" if links else "exact duplicates",
        "; ".join([remark, *changes]),
        group=group,
        similarity=min((link.similarity for link in links), default=1.0),
        leak=bool(leaks),
        label_conflict=bool(conflicts),
        certain=any(leaks) or any(conflicts),
    )


def describe_placeholders(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Name pictures that stand for so many images that they probably say that there is none."""
    all_rows = Rows.of(files)
    found = []
    for rows in duplicates.groups:
        labels = len({all_rows.class_name[row] for row in rows})
        largest = max(Counter(all_rows.sha256[row] for row in rows).values())
        if (
            labels >= _PLACEHOLDER_LABELS
            or largest >= _PLACEHOLDER_FILES
            or (labels > 1 and len(rows) >= _PLACEHOLDER_FILES_OF_LABELS)
        ):
            classes = "one class" if labels == 1 else f"{labels} classes"
            remark = (
                f"One picture stands for {len(rows)} images of {classes}, first {all_rows.name[rows[0]]}: "
                "perhaps a placeholder for images that were missing; look at it and remove its files."
            )
            found.append(_about(all_rows, rows, "placeholder", remark))
    return found


def describe_look_alikes(
    files: pd.DataFrame, duplicates: Duplicates, parameters: AuditOptions
) -> list[Finding]:
    """Say where images resemble one another too much for near duplicates to mean anything."""
    advice = (
        f"raise image_folder.audit.near_duplicate_similarity ({parameters.near_duplicate_similarity:g}), "
        "or keep together what belongs together by a group column in a table"
    )
    found = [
        _about(
            Rows.of(files),
            rows.tolist(),
            "look-alikes",
            f"{len(rows)} images look like one of them, more than {LARGEST_GROUP}, and so are taken for a "
            f"series and not for copies; {advice}.",
        )
        for rows in duplicates.looks_alike
    ]
    if not duplicates.searched:
        remark = (
            f"Over {MOST_PAIRS:,} pairs of images look alike: only the most alike were compared; {advice}."
        )
        found.append(_about_all(files, "look-alikes", remark))
    if len(duplicates.plain) >= max(_MANY_PLAIN * len(files), 2):
        plain = files.iloc[duplicates.plain]
        remark = (
            f"{len(plain)} images resemble others and are too plain to tell copies from look-alikes: among "
            "them only equal files count as copies."
        )
        found.append(_about_all(plain, "plain images", remark))
    return found


def describe_flat_images(
    files: pd.DataFrame, images: ImageDict, readable: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> list[Finding]:
    """Name the images that show nothing: all their pixels have nearly the same value."""
    pixels = images.images

    def spread(row: int) -> float:
        # one pixel in sixteen tells of nearly all images that they are not flat
        for step in (4, 1):
            found = float(pixels[row, :, ::step, ::step].float().std(dim=(1, 2), correction=0).max())
            if found >= _FLAT:
                break
        return found

    rows = np.flatnonzero(readable)
    spreads = np.array(map_in_threads(spread, rows.tolist(), lambda _: None), dtype=np.float64)
    flat = files.iloc[rows[spreads < _FLAT]]
    if flat.empty:
        return []
    which = "image is" if len(flat) == 1 else "images are"
    remark = (
        f"{len(flat)} {which} nearly constant, of a single colour, such as {flat['name'].iloc[0]}: "
        "nothing to learn from."
    )
    return [_about_all(flat, "nearly constant images", remark)]


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
    return [_about_all(training[training["class_name"].isin([largest, smallest])], "class imbalance", remark)]


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
    return [_about_all(small, "small images", remark)]


def _about_all(files: pd.DataFrame, kind: str, remark: str) -> Finding:
    return _about(Rows.of(files), range(len(files)), kind, remark)


def _about(
    files: Rows,
    rows: Sequence[int],
    kind: str,
    remark: str,
    *,
    group: int = -1,
    similarity: float = float("nan"),
    leak: bool = False,
    label_conflict: bool = False,
    certain: bool = False,
) -> Finding:
    splits = {files.given_split[row] or "not given" for row in rows}
    return Finding(
        kind=kind,
        images=len(rows),
        names=some((files.name[row] for row in rows), _NAMED),
        classes=some(dict.fromkeys(files.class_name[row] for row in rows), _NAMED),
        splits=", ".join(split for split in _SPLITS if split in splits),
        remark=remark,
        group=group,
        similarity=similarity,
        leak=leak,
        label_conflict=label_conflict,
        certain=certain,
    )
