"""From calibrated probabilities to answers: numpy alone, as it is copied into the folders of recorded models.

A rule is a mapping, as JSON keeps it (`Calibration` in `calibration.py` says what its values mean):
`answer_above`, `set_least`, and `profile` with `mean`, `inverse`, `farthest`, or None.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Booleans = npt.NDArray[np.bool_]

UNSURE = "unsure"
# probabilities below this one say nothing more of an image than that they are small: exp(-10)
LEAST_LOGARITHM = -10.0


def is_answered(probabilities: Floats, rule: Mapping[str, Any]) -> Booleans:
    """Tell which images (N,) are answered, by their calibrated probabilities (N, classes)."""
    least = rule["answer_above"]
    if least is None:
        return np.zeros(len(probabilities), dtype=np.bool_)
    is_sure: Booleans = probabilities.max(axis=1, initial=0.0) > least
    return is_sure & is_familiar(probabilities, rule["profile"])


def is_familiar(probabilities: Floats, profile: Mapping[str, Any] | None) -> Booleans:
    """Tell whose probabilities (N, classes) are distributed as those of images like the training images."""
    if profile is None:
        return np.ones(len(probabilities), dtype=np.bool_)
    near: Booleans = distances(probabilities, profile["mean"], profile["inverse"]) <= profile["farthest"]
    return near


def distances(probabilities: Floats, mean: Any, inverse: Any) -> Floats:
    """Return the squared Mahalanobis distance (N,) of each profile from the mean.

    Args:
        probabilities: (N, classes).
        mean: of the profiles, (K,).
        inverse: of their covariance, (K, K).
    """
    away = profiles(probabilities, len(mean)) - np.asarray(mean)  # (N, K)
    squared: Floats = ((away @ np.asarray(inverse)) * away).sum(axis=1)
    return squared


def profiles(probabilities: Floats, size: int) -> Floats:
    """Return the logarithms of the largest probabilities of each image, the largest first: (N, size)."""
    largest = -np.sort(-probabilities.astype(np.float64), axis=1)[:, :size]
    clipped: Floats = np.log(np.maximum(largest, np.exp(LEAST_LOGARITHM)))
    return clipped


def class_sets(probabilities: Floats, rule: Mapping[str, Any]) -> Booleans:
    """Tell which classes are in the set of each image: (N, classes); the most probable one always is."""
    sets: Booleans = probabilities >= rule["set_least"]
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets


def set_texts(sets: Booleans, probabilities: Floats, class_names: Sequence[str]) -> list[str]:
    """Write each set (N, classes) as a JSON list of names, the most probable class first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rows = zip(order, sets, strict=True)
    return [
        json.dumps([class_names[each] for each in row if chosen[each]], ensure_ascii=False)
        for row, chosen in rows
    ]


def answers(
    probabilities: Floats, rule: Mapping[str, Any], class_names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return answer and set of each image: the most probable class or "unsure", and a JSON list of names.

    Args:
        probabilities: calibrated, (N, classes).
        rule: what the network was calibrated to.
        class_names: in the order of the probabilities.
    """
    unsure = word_for_unsure(class_names)
    best = probabilities.argmax(axis=1)
    answered = is_answered(probabilities, rule)
    words = [class_names[each] if sure else unsure for each, sure in zip(best, answered, strict=True)]
    return words, set_texts(class_sets(probabilities, rule), probabilities, class_names)


def word_for_unsure(class_names: Sequence[str]) -> str:
    """Return what is answered where the network is not sure, which is the name of none of its classes."""
    word = UNSURE
    while word in class_names:
        word = f"({word})"
    return word
