"""The numbers that sum up a whole evaluation."""

import logging

import numpy as np
import pandas as pd

from image_classification.evaluation.calibration import BINS
from image_classification.evaluation.metric_table import METRICS, Evaluated
from image_classification.evaluation.scores import wilson_interval
from image_classification.words import some

TOP_K = 5

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
        images; the metrics of `metric_table.METRICS` by name; the bounds of the accuracy's 95 % interval
        after Wilson, accuracy_lower and accuracy_upper. Means of the classes are those of the classes with
        test images; where there are others, classes_without_test_images counts them.
    """
    summary: dict[str, float] = {"images": len(predictions)}
    if not len(predictions):
        logger.warning("There are no test images, so nothing is known about how good the network is.")
        return summary
    lower, upper = wilson_interval(int(predictions["correct"].sum()), len(predictions))
    summary |= {"accuracy_lower": lower, "accuracy_upper": upper}
    evaluated = Evaluated(predictions, class_metrics, top_k, bins)
    summary |= _classes_without_images(evaluated)
    has_numbers = bool(np.isfinite(evaluated.probabilities).all())
    if not has_numbers:
        logger.warning(
            "The network gives probabilities that are no numbers: the training went out of control, and only "
            "what counts right and wrong answers can be measured. Try a smaller learning rate."
        )
    for metric in METRICS:
        if has_numbers or not metric.of_probabilities:
            value = metric.measure(evaluated)
            summary |= {} if value is None else {metric.name.format(k=top_k): value}
    return summary


def _classes_without_images(evaluated: Evaluated) -> dict[str, float]:
    """Count them, and warn of what cannot be measured."""
    table = evaluated.class_metrics
    absent = table.loc[table["images"] == 0, "class_name"].tolist()
    if absent:
        logger.warning(
            "There are no test images of %s: what is a mean of the classes leaves them out.",
            some(map(repr, absent)),
        )
    if len(evaluated.tested) == 1:
        logger.warning("All test images are of one class: roc_auc and average_precision cannot be measured.")
    return {"classes_without_test_images": len(absent)} if absent else {}
