"""The review of the labels: what is probably wrong with each suspicious image, the surest first."""

import logging
from collections.abc import Sequence

import pandas as pd
from pydantic import Field

from image_classification.errors import UserError
from image_classification.evaluation.labels.conflicts import Conflict
from image_classification.evaluation.labels.issues import OutOfFold, read_out_of_fold
from image_classification.evaluation.labels.rows import (
    ReviewRow,
    rows_of_conflicts,
    rows_of_issues,
    rows_of_outliers,
)
from image_classification.images.store.corrections import CONFIRMED, CORRECTION, RELABELLED
from image_classification.options import ModellingSection
from image_classification.words import count_of, printable, some

logger = logging.getLogger(__name__)

_TRUSTED = 0.9  # the share of the labels that networks agree with, below which they are warned of


class LabelReviewOptions(ModellingSection):
    """Which images are shown to a person because their labels may be wrong."""

    outliers: float = Field(
        default=0.01,
        ge=0.0,
        le=1.0,
        allow_inf_nan=False,
        description="Share of the images that are listed as outliers: those that fit no class best, whatever "
        "their label; 0: none.",
    )
    pictures: int = Field(
        default=200,
        ge=1,
        le=2000,
        description="Limit of the number of pictures of each kind on the page; the table has all.",
    )
    thumbnail: int = Field(
        default=160, ge=16, le=512, description="Longest side of the pictures on the page, in pixels."
    )


def review_labels(
    out_of_fold: pd.DataFrame,
    image_index: pd.DataFrame,
    conflicts: Sequence[Conflict],
    options: LabelReviewOptions,
) -> pd.DataFrame:
    """Gather the images whose labels are probably wrong, a row each, the surest first, outliers last.

    Test images are never among them: they measure the network, and are no part of the review. A label that a
    person has corrected or confirmed is not suspected again, unless it is that of a conflict.

    Args:
        out_of_fold: a row per training and validation image and repetition, as `read_out_of_fold` needs it.
        image_index: a row per file: name, class_name, split.
        conflicts: pictures under several labels.
        options: how many outliers.

    Returns:
        file; kind: "label" (the networks are sure of another class), "conflict" (the same picture under
        another label) or "outlier" (fits no class); given_label; suggested_label ("leave_out" for an outlier,
        "" if nothing can be said); how_sure, from 0 to 1: by how much the suggested class is more probable
        than the given one, how alike the two pictures are, or how little the image fits any class;
        given_probability, suggested_probability; split; remark. An image has one row, of the first kind in
        the order conflict, label, outlier.

    Raises:
        UserError: the probabilities are of other images or labels.
    """
    of = read_out_of_fold(out_of_fold)
    index = image_index.set_index("name")
    _require_same(of, index)
    decided = _decided(index)
    rows: dict[str, ReviewRow] = {}
    for row in (
        *rows_of_conflicts(of, index, conflicts),
        *rows_of_issues(of, index),
        *rows_of_outliers(of, index, options.outliers),
    ):
        if row.kind == "conflict" or row.file not in decided:
            rows.setdefault(row.file, row)
    table = pd.DataFrame(list(rows.values()), columns=ReviewRow._fields)
    numbers = ["how_sure", "given_probability", "suggested_probability"]
    table = table.astype(
        dict.fromkeys(numbers, "float64") | dict.fromkeys(table.columns.drop(numbers), "str")
    )
    # an outlier is no mistake as surely as it is odd
    table = table.assign(outlier=table["kind"] == "outlier")
    order = table.sort_values(["outlier", "how_sure", "file"], ascending=[True, False, True])
    return order.drop(columns="outlier").reset_index(drop=True)


def summary(review: pd.DataFrame, out_of_fold: pd.DataFrame) -> str:
    """Say how many images are suspicious, why, and how much that means.

    Args:
        review: as `review_labels` returns it.
        out_of_fold: what it was made from: name, label, prediction.
    """
    counts = {kind: int((review["kind"] == kind).sum()) for kind in ("label", "conflict", "outlier")}
    agreed = float((out_of_fold["label"] == out_of_fold["prediction"]).mean())
    found = (
        f"Of {count_of(out_of_fold['name'].nunique(), 'image')}: suspicious labels {counts['label']:,}, the "
        f"same picture with another label {counts['conflict']:,}, fits no class well {counts['outlier']:,}."
    )
    if not len(out_of_fold):
        return found
    doubt = (
        "" if agreed >= _TRUSTED else ": many of the suspicious labels will be their mistakes and not yours"
    )
    return f"{found} The networks agree with {agreed:.1%} of all labels{doubt}."


def _decided(index: pd.DataFrame) -> set[str]:
    """Return the images whose labels a person has decided about."""
    if CORRECTION not in index:
        return set()
    return set(index.index[index[CORRECTION].isin([CONFIRMED, RELABELLED])])


def _require_same(of: OutOfFold, index: pd.DataFrame) -> None:
    reviewed = index[index["split"].isin(["train", "validation"])]
    lost = [name for name in of.names if name not in reviewed.index]
    given = [of.class_names[label] for label in of.labels]
    known = [(name, label) for name, label in zip(of.names, given, strict=True) if name in reviewed.index]
    now = reviewed["class_name"].reindex([name for name, _ in known])
    other = [name for (name, label), is_now in zip(known, now, strict=True) if label != is_now]
    if lost or other:
        what = "no training or validation images any more" if lost else "labelled otherwise now"
        raise UserError(
            f"The probabilities out of fold are of other images: {len(lost or other)} of {len(of.names)} are "
            f"{what}, such as {printable((lost or other)[0])}.\n"
            "Run the cross-validation again, on the images as they are now."
        )
    if missing := reviewed.index.difference(of.names).tolist():
        logger.warning(
            "%s not reviewed, as there are no probabilities of them: %s.",
            count_of(len(missing), "image was", "images were"),
            some(missing),
        )
    if unknown := [name for name, known_ in zip(of.names, of.known, strict=True) if not known_]:
        logger.warning(
            "%s not reviewed, as a probability of them is not a number (did a training diverge?): %s.",
            count_of(len(unknown), "image was", "images were"),
            some(unknown),
        )
