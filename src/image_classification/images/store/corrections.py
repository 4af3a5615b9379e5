"""Corrected labels as the image index records them, and the index as it would be without them.

An index with corrections has four more columns: `correction` ("relabelled", "left out", "confirmed" or "",
for an image without one), `class_before`, `split_before` and `left_out_before`, which say what would stand
in class_name, split and left_out_reason without them. An index without corrections has none of these.
"""

import hashlib
from typing import TypedDict

import numpy as np
import pandas as pd

from image_classification.words import count_of, natural_key

CORRECTION, CLASS_BEFORE = "correction", "class_before"
SPLIT_BEFORE, LEFT_OUT_BEFORE = "split_before", "left_out_before"
RELABELLED, LEFT_OUT, CONFIRMED = "relabelled", "left out", "confirmed"


class Corrections(TypedDict):
    """What was corrected.

    relabelled: Number of images that have another label than they were given.
    left_out: Number of images that were left out.
    confirmed: Number of images of which somebody said that their label is right.
    of_test: Number of test images among the first two.
    digest: sha256 of the first two; equal corrections have equal digests.
    uncorrected_digest: That of the image index as it would be without corrections.
    """

    relabelled: int
    left_out: int
    confirmed: int
    of_test: int
    digest: str
    uncorrected_digest: str


def are_changed(table: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which rows a correction changes, and does not merely confirm."""
    return table[CORRECTION].isin([RELABELLED, LEFT_OUT])


def count_corrections(index: pd.DataFrame) -> dict[str, int] | None:
    """Count the corrections of an index or table of files by their kind; None if it has none."""
    if CORRECTION not in index:
        return None
    counts = index[CORRECTION].value_counts()
    kinds = {"relabelled": RELABELLED, "left_out": LEFT_OUT, "confirmed": CONFIRMED}
    return {name: int(counts.get(kind, 0)) for name, kind in kinds.items()}


def in_words(relabelled: int, left_out: int, confirmed: int) -> str:
    """Return `2 labels changed, 1 image left out, 3 labels confirmed`, without what there is none of."""
    counts = {"label changed": relabelled, "image left out": left_out, "label confirmed": confirmed}
    shown = (count_of(count, what, what.replace(" ", "s ", 1)) for what, count in counts.items() if count)
    return ", ".join(shown) or "nothing changed"


def described(corrections: Corrections) -> str:
    """Return what was corrected, with the start of its digest; "" if labels were only confirmed."""
    if not corrections["relabelled"] + corrections["left_out"]:
        return ""
    counts = in_words(corrections["relabelled"], corrections["left_out"], confirmed=0)
    return f"{counts}{_of_test(corrections)} ({corrections['digest'][:8]})"


def corrections_in_words(corrections: Corrections | None) -> str:
    """Return a sentence for a report, "" if nothing was corrected or confirmed."""
    if corrections is None:
        return ""
    counts = in_words(corrections["relabelled"], corrections["left_out"], corrections["confirmed"])
    return f"{counts}{_of_test(corrections)}; digest {corrections['digest']}"


def _of_test(corrections: Corrections) -> str:
    return f", {count_of(corrections['of_test'], 'test image')} among them" if corrections["of_test"] else ""


def corrections_digest(index: pd.DataFrame) -> str:
    """Return the digest (sha256, hexadecimal) of what the corrections of an index change."""
    changed = index[are_changed(index)].sort_values("name")
    digest = hashlib.sha256()
    for column in ("name", CORRECTION, "class_name"):
        digest.update("\0".join([column, *changed[column], ""]).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def class_numbers(class_names: "pd.Series[str]") -> "pd.Series[int]":
    """Return the label (int64) of each image: the place of its class in natural order."""
    ordered = sorted(class_names.unique(), key=natural_key)
    return class_names.map({name: np.int64(label) for label, name in enumerate(ordered)}).astype("int64")


def without_corrections(index: pd.DataFrame) -> pd.DataFrame:
    """Return the index as it would be without its corrections."""
    decoded = index["decode_status"] != ""
    labels = index["label"].copy()
    labels[decoded] = class_numbers(index.loc[decoded, CLASS_BEFORE])
    before = index.assign(
        class_name=index[CLASS_BEFORE],
        label=labels,
        split=index[SPLIT_BEFORE],
        left_out_reason=index[LEFT_OUT_BEFORE],
    )
    return before.drop(columns=[CORRECTION, CLASS_BEFORE, SPLIT_BEFORE, LEFT_OUT_BEFORE])
