"""An evaluation summed up: in numbers, and in words."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from image_classification.evaluation.metric_table import METRICS, Evaluated
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.scores import expected_calibration_error, log_loss, wilson_interval
from image_classification.words import some

logger = logging.getLogger(__name__)


def summarise_predictions(
    predictions: pd.DataFrame,
    class_metrics: pd.DataFrame,
    options: EvaluationOptions = EvaluationOptions(),  # noqa: B008  it is frozen
    *,
    of: str = "test images",
) -> dict[str, float]:
    """Sum up predictions in numbers; one that cannot be measured is left out, with a warning that says why.

    Args:
        predictions: a row per image, as `predictions_table` makes it.
        class_metrics: a row per class, as `class_metrics_table` makes it of the same predictions.
        options: how they are evaluated; the top-k accuracy only where there are more classes than top_k.
        of: what images these are, for the warnings.

    Returns:
        images; the metrics of `metric_table.METRICS` by name; the bounds of the 95 % Wilson interval of the
        accuracy, accuracy_lower and accuracy_upper. Means over the classes are over those with test images;
        where there are others, classes_without_test_images counts them.
    """
    summary: dict[str, float] = {"images": len(predictions)}
    if not len(predictions):
        logger.warning("There are no %s, so how good the network is remains unknown.", of)
        return summary
    lower, upper = wilson_interval(int(predictions["correct"].sum()), len(predictions))
    summary |= {"accuracy_lower": lower, "accuracy_upper": upper}
    evaluated = Evaluated(predictions, class_metrics, options)
    summary |= _classes_without_images(evaluated, of)
    has_numbers = bool(np.isfinite(evaluated.probabilities).all())
    if not has_numbers:
        logger.warning(
            "The network returns probabilities that are not numbers: the training diverged, and only metrics "
            "that count right and wrong answers can be measured. Try a smaller learning rate."
        )
    for metric in METRICS:
        if has_numbers or not metric.of_probabilities:
            value = metric.measure(evaluated)
            summary |= {} if value is None else {metric.name.format(k=options.top_k): value}
    return summary


def measured_before_calibration(
    predictions: pd.DataFrame, class_metrics: pd.DataFrame, options: EvaluationOptions
) -> dict[str, float]:
    """Return log loss and calibration error of the network's own probabilities, if they are numbers.

    Args:
        predictions: a row per image, as `predictions_table` makes it without a calibration.
        class_metrics: a row per class.
        options: how they are evaluated.
    """
    of = Evaluated(predictions, class_metrics, options)
    if not len(predictions) or not np.isfinite(of.probabilities).all():
        return {}
    return {
        "raw_log_loss": log_loss(of.labels, of.probabilities),
        "raw_calibration_error": expected_calibration_error(of.calibration),
    }


def _classes_without_images(evaluated: Evaluated, images: str) -> dict[str, float]:
    """Count the classes without test images, and warn of what cannot be measured."""
    table = evaluated.class_metrics
    absent = table.loc[table["images"] == 0, "class_name"].tolist()
    if absent:
        logger.warning(
            "There are no %s of %s: means over the classes leave them out.", images, some(map(repr, absent))
        )
    if len(evaluated.tested) == 1:
        logger.warning("All %s are of one class: roc_auc and average_precision cannot be measured.", images)
    return {"classes_without_test_images": len(absent)} if absent else {}


class DescribedMetric(NamedTuple):
    """A metric as a person reads it."""

    label: str
    value: str
    meaning: str


def describe_metrics(metrics: Mapping[str, Any]) -> list[DescribedMetric]:
    """Put the metrics of an evaluation into words, those that a person asks for first at the beginning.

    Args:
        metrics: by name; one that is missing is left out.
    """
    images = DescribedMetric(
        "test images", f"{metrics['images']:,}", "none of them was used to choose anything"
    )
    described = [images]
    for metric in METRICS:
        for name, k in metric.names_among(metrics):
            interval = accuracy_interval(metrics) if name == "accuracy" else ""
            value = f"{metric.shown(metrics[name])}{interval}"
            described.append(DescribedMetric(metric.label.format(k=k), value, metric.meaning.format(k=k)))
    if "classes_without_test_images" in metrics:
        absent = DescribedMetric(
            "classes without test images",
            f"{metrics['classes_without_test_images']}",
            "nothing is known about them, and means over the classes leave them out",
        )
        described.append(absent)
    return described


def accuracy_interval(metrics: Mapping[str, Any]) -> str:
    """Return the 95 % interval of the accuracy in brackets, empty if there is none."""
    if "accuracy_lower" not in metrics:
        return ""
    return f" (95 % interval {metrics['accuracy_lower']:.2%} to {metrics['accuracy_upper']:.2%}, Wilson)"
