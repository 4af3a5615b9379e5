"""From calibrated probabilities to answers: numpy alone, as it is copied into the folders of recorded models.

A rule is a mapping, as JSON keeps it (`Calibration` in `calibration.py` says what its values mean):
`answer_above`, `set_least`, and `outputs` and `pixels` with `mean`, `inverse`, `farthest`, or None.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Booleans = npt.NDArray[np.bool_]

UNSURE = "unsure"
PROBABILITY = "probability/"  # prefix of the columns that hold a class's probability
# probabilities below this one say nothing more of an image than that they are small: exp(-10)
LEAST_LOGARITHM = -10.0
_SCALES = 3
_PIXELS_AT_ONCE = 2**20  # as floats they stay near the processor


def is_answered(probabilities: Floats, looks: Floats, rule: Mapping[str, Any]) -> Booleans:
    """Tell which images (N,) are answered.

    Args:
        probabilities: calibrated, (N, classes).
        looks: of the images, as `looks_of` returns them, (N, K).
        rule: what the network was calibrated to.
    """
    least = rule["answer_above"]
    if least is None:
        return np.zeros(len(probabilities), dtype=np.bool_)
    is_sure: Booleans = probabilities.max(axis=1, initial=0.0) > least
    return is_sure & is_familiar(probabilities, looks, rule)


def is_familiar(probabilities: Floats, looks: Floats, rule: Mapping[str, Any]) -> Booleans:
    """Tell which images (N,) are like the validation images, by their pixels and what the network says."""
    familiar = np.ones(len(probabilities), dtype=np.bool_)
    if known := rule["outputs"]:
        familiar &= distances(largest(probabilities, len(known["mean"])), known) <= known["farthest"]
    if known := rule["pixels"]:
        familiar &= distances(looks, known) <= known["farthest"]
    return familiar


def distances(values: Floats, known: Mapping[str, Any]) -> Floats:
    """Return the squared Mahalanobis distances (N,) of values (N, K), by `mean` (K,) and `inverse` (K, K)."""
    away = values - np.asarray(known["mean"])  # (N, K)
    squared: Floats = ((away @ np.asarray(known["inverse"])) * away).sum(axis=1)
    return squared


def looks_of(images: npt.NDArray[np.uint8]) -> Floats:
    """Return what images (N, C, H, W) uint8 look like, in a few numbers each: (N, K), K by their size.

    The logarithms of brightness, contrast, and of how much neighbours differ downwards and to the right, the
    latter also in images of half and of a quarter of the size: noise and textures are rough, blurs smooth.
    """
    at_once = max(1, _PIXELS_AT_ONCE // max(1, images[:1].size))
    parts = [_looks_of(images[row : row + at_once]) for row in range(0, max(1, len(images)), at_once)]
    return np.concatenate(parts)


def _looks_of(images: npt.NDArray[np.uint8]) -> Floats:
    pixels = images.astype(np.float32) / 255
    found = [pixels.mean(axis=(1, 2, 3)), pixels.std(axis=(1, 2, 3))]
    for _ in range(_SCALES):
        number, channels, height, width = pixels.shape
        if min(height, width) < 2:
            break
        found += [np.abs(np.diff(pixels, axis=axis)).mean(axis=(1, 2, 3)) for axis in (2, 3)]
        even = pixels[:, :, : height // 2 * 2, : width // 2 * 2]
        pixels = even.reshape(number, channels, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
    # a hundredth of the brightest pixel: less is not seen
    logarithms: Floats = np.log(np.stack(found, axis=1).astype(np.float64) + 0.01)
    return logarithms


def largest(probabilities: Floats, size: int) -> Floats:
    """Return the logarithms of the largest probabilities of each image, the largest first: (N, size)."""
    first = -np.sort(-probabilities.astype(np.float64), axis=1)[:, :size]
    clipped: Floats = np.log(np.maximum(first, np.exp(LEAST_LOGARITHM)))
    return clipped


def class_sets(probabilities: Floats, rule: Mapping[str, Any]) -> Booleans:
    """Tell which classes are in the set of each image: (N, classes); the most probable one always is."""
    sets: Booleans = probabilities >= rule["set_least"]
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets


def set_texts(sets: Booleans, probabilities: Floats, class_names: Sequence[str]) -> list[str]:
    """Write each set (N, classes) as a JSON list of names, the most probable class first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    # who is in a set is decided by a threshold: as many of the most probable classes as it has
    rows = zip(order, sets.sum(axis=1), strict=True)
    return [
        json.dumps([class_names[each] for each in row[:count]], ensure_ascii=False) for row, count in rows
    ]


def answers(
    probabilities: Floats, looks: Floats, rule: Mapping[str, Any], class_names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return answer and set of each image: the most probable class or "unsure", and a JSON list of names.

    Args:
        probabilities: calibrated, (N, classes).
        looks: of the images, as `looks_of` returns them, (N, K).
        rule: what the network was calibrated to.
        class_names: in the order of the probabilities.
    """
    unsure = word_for_unsure(class_names)
    best = probabilities.argmax(axis=1)
    answered = is_answered(probabilities, looks, rule)
    words = [class_names[each] if sure else unsure for each, sure in zip(best, answered, strict=True)]
    return words, set_texts(class_sets(probabilities, rule), probabilities, class_names)


def word_for_unsure(class_names: Sequence[str]) -> str:
    """Return what is answered where the network is not sure, which is the name of none of its classes."""
    word = UNSURE
    while word in class_names:
        word = f"({word})"
    return word
