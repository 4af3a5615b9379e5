"""Thresholds that keep a promise: of sets of classes, and of the share of right answers."""

from math import ceil, floor, log
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
_ROUNDING = 1e-9  # 0.9 · 10 is a little more than 9 for a computer


def images_for_sets(coverage: float) -> int:
    """Return the number of images that sets of this coverage need: with fewer, all classes would be in."""
    return ceil(coverage / (1 - coverage) - _ROUNDING)


def least_of_set(of_true_class: Floats, coverage: float) -> float:
    """Return the probability from which on a class is in a set, for sets that have the class so often.

    Split conformal prediction with the score of Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued
    Classifiers with Bounded Error Levels", 2019: of N images, and one more that is drawn as they were, each
    is as likely as any other to have the k-th lowest probability of its class.

    Args:
        of_true_class: the probability of the true class of each image, (N,).
        coverage: share of the images whose class is in their set, on average over all N and the one more.

    Raises:
        ValueError: there are fewer images than `images_for_sets` says.
    """
    rank = ceil((len(of_true_class) + 1) * coverage - _ROUNDING)
    if rank > len(of_true_class):
        raise ValueError(f"{len(of_true_class)} images are too few for a coverage of {coverage}")
    return float(-np.sort(-of_true_class)[rank - 1])


def images_for_answers(right: float, confidence: float) -> int:
    """Return the number of images, all of them right, that show that this share is right."""
    return ceil(log(1 - confidence) / log(right) - _ROUNDING)


def answers_above(scores: Floats, correct: npt.NDArray[np.bool_], right: float, confidence: float) -> float:
    """Return the score above which so large a share of the answers is right; infinite if there is none.

    The thresholds between the scores are tested one after the other, from few answers to many, until one
    fails: whether so few of the answers are wrong that fewer than `right` of them being right has a chance of
    less than 1 - confidence. The answers above the k-th score are drawn from those above it, so that their
    mistakes are binomial. One sequence begins with all images, the next with the best half, the best quarter,
    and so on, each with its part of the chance, so that a single early mistake does not end it all.

    Source: A. Angelopoulos et al., "Learn then Test", 2021 (fixed sequence testing, several starts); the
    problem is that of Y. Geifman and R. El-Yaniv, "Selective Classification for Deep Neural Networks", 2017.

    Args:
        scores: of the images, the higher the surer, (N,).
        correct: which were classified correctly, (N,).
        right: share of the answers that has to be right.
        confidence: how sure that has to be.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    # the answers up to the last one of equal scores
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], np.True_)) if len(order) else order
    answered = ends + 1
    wrong = np.cumsum(~correct[order])[ends]
    starts = _starts(len(scores), right, confidence)
    passed = _is_shown(wrong, answered, right, (1 - confidence) / max(len(starts), 1))
    best = -1
    for start in starts:
        first = int(np.searchsorted(answered, start))
        failures = np.flatnonzero(~passed[first:])
        last = first + int(failures[0]) - 1 if len(failures) else len(passed) - 1
        best = max(best, last if last >= first else -1)
    if best < 0:
        return float("inf")
    return float(ordered[answered[best]]) if answered[best] < len(ordered) else float("-inf")


def _starts(images: int, right: float, confidence: float) -> list[int]:
    """Return how many images each sequence begins with: all, half of them, … as long as they can show it."""
    if images < images_for_answers(right, confidence):
        return []
    sequences = 1
    while True:
        each = 1 - (1 - confidence) / (sequences + 1)
        if floor(images / 2**sequences) < images_for_answers(right, each):
            return [ceil(images / 2**half) for half in range(sequences)]
        sequences += 1


def _is_shown(
    wrong: npt.NDArray[Any], answered: npt.NDArray[np.intp], right: float, chance: float
) -> npt.NDArray[np.bool_]:
    # it takes a tenth of a second to import, which only a training that calibrates has to wait for
    from scipy.special import bdtr  # noqa: PLC0415

    # the chance of so few mistakes or fewer, where only just the promised share is right
    shown: npt.NDArray[np.bool_] = bdtr(wrong, answered, 1 - right) <= chance * (1 + _ROUNDING)
    return shown
