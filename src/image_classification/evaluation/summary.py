"""The numbers that sum up a whole evaluation."""

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.evaluation.calibration import BINS, calibration_bins, expected_calibration_error
from image_classification.evaluation.metrics import class_indices, class_probabilities
from image_classification.evaluation.scores import brier_score, log_loss, top_k_accuracy, wilson_interval

TOP_K = 5
_MOST_NAMED = 5

logger = logging.getLogger(__name__)


def summarise_predictions(
    predictions: pd.DataFrame, class_metrics: pd.DataFrame, *, top_k: int = TOP_K, bins: int = BINS
) -> dict[str, float]:
    """Sum up predictions in numbers; one that cannot be had is left out, with a warning that says why.

    Args:
        predictions: a row per image, as `predictions_table` makes it.
        class_metrics: a row per class, as `class_metrics_table` makes it of the same predictions.
        top_k: among how many of the most probable classes the true one has to be to count as found; only
            measured where there are more classes than that.
        bins: of the calibration error.

    Returns:
        images; accuracy with the bounds of its 95 % interval after Wilson, accuracy_lower and accuracy_upper;
        top_<k>_accuracy; balanced_accuracy; precision, recall and f1 as macro_… (mean of the classes) and
        weighted_… (mean of the images); roc_auc and average_precision, one class against the rest, as mean
        of the classes; log_loss; brier_score (from 0 to 2, with two classes to 1); calibration_error (the
        expected one). Means of the classes are those of the classes with test images; where there are
        others, classes_without_test_images counts them.
    """
    summary: dict[str, float] = {"images": len(predictions)}
    if not len(predictions):
        logger.warning("There are no test images, so nothing is known about how good the network is.")
        return summary
    right = int(predictions["correct"].sum())
    lower, upper = wilson_interval(right, len(predictions))
    summary |= {"accuracy": right / len(predictions), "accuracy_lower": lower, "accuracy_upper": upper}
    summary |= _means_of_classes(class_metrics)
    class_names = class_metrics["class_name"].tolist()
    probabilities = class_probabilities(predictions, class_names)  # (N, classes)
    if not np.isfinite(probabilities).all():
        logger.warning(
            "The network gives probabilities that are no numbers: the training went out of control, and only "
            "what counts right and wrong answers can be measured. Try a smaller learning rate."
        )
        return summary
    labels = class_indices(predictions["label"], class_names)  # (N,)
    calibration = calibration_bins(predictions, bins)
    return (
        summary
        | _of_probabilities(probabilities, labels, top_k)
        | {"calibration_error": expected_calibration_error(calibration)}
    )


def _means_of_classes(class_metrics: pd.DataFrame) -> dict[str, float]:
    present = class_metrics[class_metrics["images"] > 0]
    means: dict[str, float] = {"balanced_accuracy": float(present["recall"].mean())}
    for name in ("precision", "recall", "f1"):
        means[f"macro_{name}"] = float(present[name].mean())
        means[f"weighted_{name}"] = float(np.average(present[name], weights=present["images"]))
    for name in ("roc_auc", "average_precision"):
        if present[name].notna().all():
            means[name] = float(present[name].mean())
    absent = class_metrics.loc[class_metrics["images"] == 0, "class_name"].tolist()
    if absent:
        means["classes_without_test_images"] = len(absent)
        more = f" and {len(absent) - _MOST_NAMED} more" if len(absent) > _MOST_NAMED else ""
        logger.warning(
            "There are no test images of %s%s: what is a mean of the classes leaves them out.",
            ", ".join(map(repr, absent[:_MOST_NAMED])),
            more,
        )
    if len(present) == 1:
        logger.warning("All test images are of one class: roc_auc and average_precision cannot be measured.")
    return means


def _of_probabilities(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.intp], top_k: int
) -> dict[str, float]:
    # stored as float32 they add up to one within 10⁻⁷ only
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    num_classes = probabilities.shape[1]
    measured: dict[str, float] = {}
    if num_classes > top_k:
        measured[f"top_{top_k}_accuracy"] = top_k_accuracy(labels, probabilities, top_k)
    if num_classes > 1:
        measured["log_loss"] = log_loss(labels, probabilities)
        measured["brier_score"] = brier_score(labels, probabilities)
    return measured
