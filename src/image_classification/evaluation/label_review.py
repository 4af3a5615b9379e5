"""The review of the labels: what is probably wrong with each suspicious image, the surest first."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from image_classification.errors import UserError
from image_classification.evaluation.label_conflicts import Conflict
from image_classification.evaluation.label_issues import (
    OutOfFold,
    are_label_issues,
    outlier_scores,
    read_out_of_fold,
)
from image_classification.images.folder.corrections import LEAVE_OUT
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


class _Row(NamedTuple):
    """A row of the review; probabilities are not numbers where nothing is known of the image."""

    file: str
    kind: str
    given_label: str
    suggested_label: str
    how_sure: float
    given_probability: float
    suggested_probability: float
    split: str
    remark: str


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
        "" if nothing can be said);
        how_sure, from 0 to 1: by how much the suggested class is more probable than the given one, how alike
        the two pictures are, or how little the image fits any class; given_probability,
        suggested_probability; split; remark. An image has one row, of the first kind in the order conflict,
        label, outlier.

    Raises:
        UserError: the probabilities are of other images or labels.
    """
    of = read_out_of_fold(out_of_fold)
    index = image_index.set_index("name")
    _require_same(of, index)
    decided = _decided(index)
    rows: dict[str, _Row] = {}
    for row in (*_conflicts(of, index, conflicts), *_label_issues(of, index), *_outliers(of, index, options)):
        if row.kind == "conflict" or row.file not in decided:
            rows.setdefault(row.file, row)
    table = pd.DataFrame(list(rows.values()), columns=_Row._fields)
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
        f"Of {count_of(out_of_fold['name'].nunique(), 'image')}, {counts['label']:,} have suspicious labels, "
        f"{counts['conflict']:,} show the same picture as one with another label, and "
        f"{counts['outlier']:,} fit no class well."
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


def _label_issues(of: OutOfFold, index: pd.DataFrame) -> Iterator[_Row]:
    for place in np.flatnonzero(are_label_issues(of)).tolist():
        probabilities, label = of.probabilities[place], int(of.labels[place])
        suggested = int(probabilities.argmax())
        yield _row(of, index, place, "label", of.class_names[suggested], probabilities[suggested], label)


def _outliers(of: OutOfFold, index: pd.DataFrame, options: LabelReviewOptions) -> Iterator[_Row]:
    scores = outlier_scores(of)
    number = round(options.outliers * len(of.names))
    for place in np.argsort(-scores, kind="stable")[:number].tolist():
        if np.isfinite(scores[place]):
            likely = of.class_names[int(of.probabilities[place].argmax())]
            row = _row(of, index, place, "outlier", LEAVE_OUT, np.nan, int(of.labels[place]))
            yield row._replace(how_sure=float(scores[place]), remark=f"most like {likely}")


def _row(
    of: OutOfFold,
    index: pd.DataFrame,
    place: int,
    kind: str,
    suggested: str,
    probability: float,
    label: int,
) -> _Row:
    given = float(of.probabilities[place, label])
    name = of.names[place]
    split = str(index.at[name, "split"])
    sure = max(float(probability) - given, 0.0)
    return _Row(name, kind, of.class_names[label], suggested, sure, given, float(probability), split, "")


def _conflicts(of: OutOfFold, index: pd.DataFrame, conflicts: Sequence[Conflict]) -> Iterator[_Row]:
    place_of = {name: place for place, name in enumerate(of.names)}
    class_place = {name: place for place, name in enumerate(of.class_names)}
    for names, similarity in conflicts:
        labels = {name: str(index.at[name, "class_name"]) for name in names}
        known = [of.probabilities[place_of[name]] for name in names if name in place_of]
        suggested = _most_probable(labels.values(), known, class_place)
        for name, label in labels.items():
            split = str(index.at[name, "split"])
            if split == "test" or label == suggested:
                continue
            others = [f"{other} ({of_other})" for other, of_other in labels.items() if of_other != label]
            probabilities = of.probabilities[place_of[name]] if name in place_of else None
            of_label, of_suggested = (
                float(probabilities[class_place[each]])
                if probabilities is not None and each in class_place
                else np.nan
                for each in (label, suggested)
            )
            remark = f"the same picture as {some(others, 3)}"
            yield _Row(
                name, "conflict", label, suggested, float(similarity), of_label, of_suggested, split, remark
            )


def _most_probable(labels: Iterable[str], known: Sequence[np.ndarray], class_place: dict[str, int]) -> str:
    """Return the label of a conflict that the networks find most probable, or else the most frequent one."""
    counts = pd.Series(list(labels)).value_counts()
    if known:
        total = np.sum(known, axis=0)
        votes = {name: total[class_place[name]] for name in counts.index if name in class_place}
        if votes and np.isfinite(list(votes.values())).all():
            return str(max(votes, key=lambda name: votes[name]))
    return str(counts.index[0]) if len(counts) == 1 or counts.iloc[0] > counts.iloc[1] else ""
