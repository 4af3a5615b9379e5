"""Pictures that are there several times, under several labels: at most one of these can be right."""

import hashlib
from collections import defaultdict
from typing import NamedTuple

import pandas as pd

from image_classification.images.store.corrections import CORRECTION, LEFT_OUT
from image_classification.images.store.image_dict import ImageDict
from image_classification.threads import map_in_threads


class Conflict(NamedTuple):
    """Images of one picture under several labels, and how alike they are, from 0 to 1 for the same pixels."""

    names: list[str]
    similarity: float


def conflicts_of_audit(
    audit_table: pd.DataFrame, audit_marks: pd.DataFrame, image_index: pd.DataFrame
) -> list[Conflict]:
    """Return the conflicts that the audit of an image folder has found.

    Args:
        audit_table: a row per finding: group, similarity, label_conflict.
        audit_marks: a row per image: name, duplicate_group.
        image_index: a row per file: name, class_name.
    """
    # a CSV file without rows does not say that the column is true or false
    found = audit_table[audit_table["label_conflict"].astype(bool)]
    similarity = dict(zip(found["group"], found["similarity"], strict=True))
    marks = audit_marks[audit_marks["duplicate_group"].isin(similarity.keys())]
    if CORRECTION in image_index:
        gone = set(image_index.loc[image_index[CORRECTION] == LEFT_OUT, "name"])
        marks = marks[~marks["name"].isin(gone)]
    classes = image_index.set_index("name")["class_name"]
    groups = [(group, rows["name"].tolist()) for group, rows in marks.groupby("duplicate_group")]
    return [
        Conflict(names, float(similarity[group])) for group, names in groups if classes[names].nunique() > 1
    ]


def conflicts_of_content(images: ImageDict) -> list[Conflict]:
    """Return the images with the same pixels under several labels; for sources that have no audit."""
    pixels = images.images.numpy()
    digests = map_in_threads(
        lambda row: hashlib.sha256(pixels[row].tobytes()).digest(),
        range(len(images)),
        lambda _: None,
    )
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, (digest, status) in enumerate(zip(digests, images.status, strict=True)):
        if status == "ok":
            rows_of[digest].append(row)
    labels = images.labels.tolist()
    return [
        Conflict([images.names[row] for row in rows], 1.0)
        for rows in rows_of.values()
        if len({labels[row] for row in rows}) > 1
    ]
