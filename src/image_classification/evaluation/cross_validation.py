"""What a cross-validation comes to: the mean of every metric over the folds, and how sure that is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from image_classification.evaluation.metric_table import is_share
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.summary import summarise_predictions
from image_classification.networks.answers.rule import PROBABILITY

LEVEL = 0.95
INTERVAL = (
    "95 % interval of Student's t over the folds, its variance enlarged as their training images overlap "
    "(Nadeau and Bengio, 2003)"
)
# what counts images, and what a fold is
_NO_METRICS = frozenset({"repeat", "fold", "images", "training_images", "accuracy_lower", "accuracy_upper"})


def mean_over_repeats(out_of_fold: pd.DataFrame, class_names: list[str]) -> pd.DataFrame:
    """Put the predictions of several repeats together: a row per image, with the mean of its probabilities.

    Args:
        out_of_fold: a row per image and repeat, as `predictions_table` makes them.
        class_names: in the order of the logits.
    """
    if out_of_fold["name"].is_unique:
        return out_of_fold.reset_index(drop=True)
    columns = [f"{PROBABILITY}{name}" for name in class_names]
    groups = out_of_fold.groupby("name", sort=False)
    table = groups.first().reset_index()
    table[columns] = groups[columns].mean().to_numpy().astype(np.float32)
    probabilities = table[columns].to_numpy()
    best = probabilities.argmax(axis=1)
    table["prediction"] = np.array(class_names, dtype=object)[best]
    table["correct"] = table["prediction"] == table["label"]
    table["confidence"] = probabilities[np.arange(len(table)), best]
    return table[out_of_fold.columns]


def measure_fold(
    predictions: pd.DataFrame, class_names: list[str], options: EvaluationOptions, fold: str = ""
) -> dict[str, float]:
    """Return the metrics of the predictions of one fold, or of all; measured as on test images."""
    images = f"images in the fold {fold}" if fold else "images"
    table = class_metrics_table(predictions, class_names)
    return summarise_predictions(predictions, table, options, of=images)


def summarise_folds(fold_metrics: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return mean, deviation and interval of every metric over the folds.

    Trainings of different folds share most of their images, so their results are more alike than those on new
    images would be. The variance of the mean is therefore (1 / J + n_test / n_train) of that between the J
    results, where J results that do not depend on each other would have 1 / J of it.

    Source: C. Nadeau and Y. Bengio, "Inference for the Generalization Error", 2003.

    Args:
        fold_metrics: a row per repeat and fold: repeat, fold, images, training_images, and the metrics.

    Returns:
        By metric: mean, std (of a sample), lower and upper; a metric that not every fold has is left out.
    """
    count = len(fold_metrics)
    overlap = float((fold_metrics["images"] / fold_metrics["training_images"]).mean())
    summary: dict[str, dict[str, float]] = {}
    for name in [name for name in fold_metrics if name not in _NO_METRICS]:
        values = fold_metrics[name].astype("float64")
        if not np.isfinite(values).all():
            continue
        mean, std = float(values.mean()), float(values.std(ddof=1)) if count > 1 else 0.0
        half = half_width_of_student(count) * std * float(np.sqrt(1 / count + overlap))
        summary[str(name)] = {"mean": mean, "std": std, "lower": mean - half, "upper": mean + half}
    return summary


def half_width_of_student(count: int) -> float:
    """Return how many standard errors the interval of so many values reaches to either side of their mean."""
    # the same as t.ppf of scipy.stats, which takes half a second to import; and most commands train once
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(max(count - 1, 1), (1 + LEVEL) / 2))


def shown_bounds(metric: str, values: Mapping[str, float]) -> tuple[float, float]:
    """Return the lower and the upper bound of an interval, cut off where the metric cannot be."""
    lower, upper = values["lower"], values["upper"]
    return (max(lower, 0.0), min(upper, 1.0)) if is_share(metric) else (lower, upper)


def recorded_metrics(cross_validation: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a summary by the names that they have in a record: cross_validation/<metric>."""
    recorded: dict[str, float] = {}
    for name, values in cross_validation.get("metrics", {}).items():
        recorded[f"cross_validation/{name}"] = values["mean"]
        recorded[f"cross_validation/{name}_std"] = values["std"]
    return recorded
