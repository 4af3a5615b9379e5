"""The scores of an evaluation, by the definitions of scikit-learn where it has them.

scikit-learn takes a second to import, which every training would wait for; these few lines of numpy take
nothing. The tests compare every score with what scikit-learn computes.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


def precision_recall_f1(labels: Labels, predicted: Labels, num_classes: int) -> Floats:
    """Return precision, recall and F1 of each class: (classes, 3); 0 where there is nothing to divide by.

    Args:
        labels: (N,) class indices.
        predicted: (N,) class indices.
        num_classes: how many there are.
    """
    right = np.bincount(labels[labels == predicted], minlength=num_classes)
    taken = np.bincount(predicted, minlength=num_classes)
    images = np.bincount(labels, minlength=num_classes)
    scores = np.zeros((num_classes, 3))
    for column, (counted, total) in enumerate(((right, taken), (right, images), (2 * right, taken + images))):
        np.divide(counted, total, out=scores[:, column], where=total > 0)
    return scores


def roc_auc_and_average_precision(is_class: npt.NDArray[np.bool_], score: Floats) -> tuple[float, float]:
    """Return the area under the ROC curve and the average precision of one class against the rest.

    The first is how often an image of the class has a higher score than one that is not, where a tie counts
    half. The second is the precision at each threshold, weighted by the recall that the threshold adds.

    Args:
        is_class: (N,), some True and some False.
        score: (N,), higher for images that are more likely of the class.
    """
    _, place, tied = np.unique(
        -score, return_inverse=True, return_counts=True
    )  # thresholds, the highest first
    hits = np.bincount(place, weights=is_class, minlength=len(tied))  # of the class, at each threshold
    misses = tied - hits
    hits_so_far = hits.cumsum()
    # misses that lie below the threshold, and half of those on it
    below = misses.sum() - misses.cumsum() + misses / 2
    area = (hits * below).sum() / (hits.sum() * misses.sum())
    average_precision = (hits * hits_so_far / tied.cumsum()).sum() / hits.sum()
    return float(area), float(average_precision)


def top_k_accuracy(labels: Labels, probabilities: Floats, k: int) -> float:
    """Return how often the class is among the k most probable ones; of equal ones the last are taken."""
    likeliest = np.argsort(probabilities, axis=1, kind="stable")[:, -k:]  # (N, k)
    return float((likeliest == labels[:, None]).any(axis=1).mean())


def log_loss(labels: Labels, probabilities: Floats) -> float:
    """Return the mean of -log of the probability (N, classes) of the true class.

    A probability of 0 counts as 2·10⁻¹⁶, as the logarithm of 0 is not a number.
    """
    tiny = np.finfo(np.float64).eps
    of_the_class = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return float(-np.log(np.clip(of_the_class, tiny, 1 - tiny)).mean())


def brier_score(labels: Labels, probabilities: Floats) -> float:
    """Return the mean squared distance of the probabilities (N, classes) from the truth.

    From 0 to 2; of two classes it is half of that, so that it lies between 0 and 1.
    """
    num_classes = probabilities.shape[1]
    distance = np.square(probabilities - np.eye(num_classes)[labels]).sum(axis=1).mean()
    return float(distance / 2 if num_classes == 2 else distance)


def calibration_bins(predictions: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Group the images by the confidence of their prediction, in bins (lower, upper] of equal width.

    Args:
        predictions: a row per image with confidence (0 to 1) and correct (bool).
        bins: how many.

    Returns:
        A row per bin: lower, upper, images, and the means confidence and accuracy, which are missing where a
        bin has no images.
    """
    confidence = predictions["confidence"].to_numpy(dtype=np.float64)
    correct = predictions["correct"].to_numpy(dtype=np.float64)
    edges = np.linspace(0, 1, bins + 1)
    bin_of_image = np.searchsorted(edges[1:-1], confidence)  # (N,), from 0 to bins - 1
    images = np.bincount(bin_of_image, minlength=bins)
    counted = np.where(images > 0, images, np.nan)
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "images": images,
            "confidence": np.bincount(bin_of_image, confidence, bins) / counted,
            "accuracy": np.bincount(bin_of_image, correct, bins) / counted,
        }
    )


def expected_calibration_error(bins: pd.DataFrame) -> float:
    """Return the mean distance between confidence and accuracy over the bins, weighted by their images.

    The definition of Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    """
    gap = (bins["confidence"] - bins["accuracy"]).abs()
    return float((gap * bins["images"]).sum() / bins["images"].sum())


Z_95 = 1.959963984540054  # the normal distribution has 95 % of its mass within this many deviations


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927), which stays within 0 and 1.

    The usual normal approximation ends beyond 1 for a good classifier, and has no width at all for a perfect
    one; this one holds for few images and for shares near 1.

    Raises:
        ValueError: `total` is not positive.
    """
    if total <= 0:
        raise ValueError(f"A share of {total} images has no interval")
    share, spread = successes / total, Z_95**2 / total
    centre = (share + spread / 2) / (1 + spread)
    half_width = Z_95 * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # rounding may leave a perfect share outside of its own interval by one part in 10¹⁶
    return max(min(centre - half_width, share), 0.0), min(max(centre + half_width, share), 1.0)
