"""The rows of a review: what is suspicious about an image, and what may be right instead.

`index` is in all of it the image index, by name: class_name and split.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from image_classification.evaluation.labels.conflicts import Conflict
from image_classification.evaluation.labels.issues import OutOfFold, are_label_issues, outlier_scores
from image_classification.images.folder.corrections.table import LEAVE_OUT
from image_classification.words import some


class ReviewRow(NamedTuple):
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


def rows_of_issues(of: OutOfFold, index: pd.DataFrame) -> Iterator[ReviewRow]:
    """Yield the images whose labels are suspicious, with the class that is most probable."""
    for place in np.flatnonzero(are_label_issues(of)).tolist():
        probabilities, label = of.probabilities[place], int(of.labels[place])
        suggested = int(probabilities.argmax())
        yield _row(of, index, place, "label", of.class_names[suggested], probabilities[suggested], label)


def rows_of_outliers(of: OutOfFold, index: pd.DataFrame, share: float) -> Iterator[ReviewRow]:
    """Yield a share of all images: those that fit no class best."""
    scores = outlier_scores(of)
    number = round(share * len(of.names))
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
) -> ReviewRow:
    given = float(of.probabilities[place, label])
    name = of.names[place]
    split = str(index.at[name, "split"])
    sure = max(float(probability) - given, 0.0)
    return ReviewRow(name, kind, of.class_names[label], suggested, sure, given, float(probability), split, "")


def rows_of_conflicts(
    of: OutOfFold, index: pd.DataFrame, conflicts: Sequence[Conflict]
) -> Iterator[ReviewRow]:
    """Yield the images of conflicts, without test images and those that have the most probable label."""
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
            yield ReviewRow(
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
