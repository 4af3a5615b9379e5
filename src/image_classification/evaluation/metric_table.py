"""The metrics: one row each, with how it is measured, what it is called, and which value is the best."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.evaluation.calibration import calibration_bins, expected_calibration_error
from image_classification.evaluation.metrics import class_indices, class_probabilities
from image_classification.evaluation.scores import brier_score, log_loss, top_k_accuracy


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation has to measure by: at least one test image.

    Args:
        predictions: a row per image, as `predictions_table` makes it.
        class_metrics: a row per class, as `class_metrics_table` makes it of the same predictions.
        top_k: among how many of the most probable classes the true one has to be to count as found.
        bins: of the calibration error.
    """

    predictions: pd.DataFrame
    class_metrics: pd.DataFrame
    top_k: int
    bins: int

    @cached_property
    def tested(self) -> pd.DataFrame:
        """The rows of the classes that have test images."""
        return self.class_metrics[self.class_metrics["images"] > 0]

    @cached_property
    def labels(self) -> npt.NDArray[np.intp]:
        """The true class of each image, (N,)."""
        return class_indices(self.predictions["label"], self.class_metrics["class_name"].tolist())

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """The probability of each class, (N, classes), nan where the network gave no number."""
        found = class_probabilities(self.predictions, self.class_metrics["class_name"].tolist())
        # stored as float32 they add up to one within 10⁻⁷ only
        with np.errstate(invalid="ignore"):
            probabilities: npt.NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
        return probabilities

    def mean(self, column: str) -> float | None:
        """The mean of the classes, each counting the same; None where one of them has none."""
        values = self.tested[column]
        return float(values.mean()) if values.notna().all() else None

    def weighted_mean(self, column: str) -> float:
        """The mean of the classes, counting by their images."""
        return float(np.average(self.tested[column], weights=self.tested["images"]))


class Metric(NamedTuple):
    """A metric.

    Attributes:
        name: in `metrics.json`, and in the record after test/; {k} stands for how many classes count.
        label: as a person calls it.
        meaning: what it says, in a few words.
        measure: gives its value; None where it cannot be had.
        is_share: whether it lies between 0 and 1 and is written in per cent.
        lowest_is_best: whether a lower value is better.
        of_probabilities: whether it is measured by them, which all have to be numbers.
    """

    name: str
    label: str
    meaning: str
    measure: Callable[[Evaluated], float | None]
    is_share: bool = False
    lowest_is_best: bool = False
    of_probabilities: bool = False


def _top_k(of: Evaluated) -> float | None:
    found = of.probabilities.shape[1] > of.top_k
    return top_k_accuracy(of.labels, of.probabilities, of.top_k) if found else None


def _of_several_classes(score: Callable[..., float]) -> Callable[[Evaluated], float | None]:
    return lambda of: score(of.labels, of.probabilities) if of.probabilities.shape[1] > 1 else None


# fmt: off
METRICS = (
    Metric("accuracy", "accuracy", "share of the images that are classified rightly",
           lambda of: float(of.predictions["correct"].sum()) / len(of.predictions), is_share=True),
    Metric("top_{k}_accuracy", "top-{k} accuracy", "the true class is among that many of the likeliest",
           _top_k, is_share=True, of_probabilities=True),
    Metric("balanced_accuracy", "balanced accuracy", "mean of the classes' recall: each counts the same",
           lambda of: of.mean("recall"), is_share=True),
    Metric("macro_precision", "precision, mean of the classes", "of images taken for a class, the right ones",
           lambda of: of.mean("precision"), is_share=True),
    Metric("macro_recall", "recall, mean of the classes", "of the images of a class, those that are found",
           lambda of: of.mean("recall"), is_share=True),
    Metric("macro_f1", "F1, mean of the classes", "harmonic mean of precision and recall",
           lambda of: of.mean("f1"), is_share=True),
    Metric("weighted_precision", "precision, weighted", "classes count by their images",
           lambda of: of.weighted_mean("precision"), is_share=True),
    Metric("weighted_recall", "recall, weighted", "classes count by their images; the same as accuracy",
           lambda of: of.weighted_mean("recall"), is_share=True),
    Metric("weighted_f1", "F1, weighted", "classes count by their images",
           lambda of: of.weighted_mean("f1"), is_share=True),
    Metric("calibration_error", "expected calibration error",
           "how far confidence and accuracy lie apart on average; 0 is best",
           lambda of: expected_calibration_error(calibration_bins(of.predictions, of.bins)),
           is_share=True, lowest_is_best=True, of_probabilities=True),
    Metric("roc_auc", "ROC-AUC",
           "chance that an image of a class gets a higher probability of it than another image; "
           "one against the rest, mean of the classes",
           lambda of: of.mean("roc_auc"), of_probabilities=True),
    Metric("average_precision", "average precision", "area under precision over recall, mean of the classes",
           lambda of: of.mean("average_precision"), of_probabilities=True),
    Metric("log_loss", "log loss", "mean of -ln(probability of the true class); 0 is best",
           _of_several_classes(log_loss), lowest_is_best=True, of_probabilities=True),
    Metric("brier_score", "Brier score", "mean squared error of the probabilities; 0 is best",
           _of_several_classes(brier_score), lowest_is_best=True, of_probabilities=True),
    # the node that evaluates measures it by the loss of the training
    Metric("loss", "loss", "what the training made small, on the test images",
           lambda _: None, lowest_is_best=True),
)
# fmt: on
# recorded beside them, by the name without what stands before the last slash
_LOWEST_IS_BEST = {metric.name for metric in METRICS if metric.lowest_is_best} | {"epoch_seconds"}
# not written in per cent, and yet between 0 and 1
_BETWEEN_0_AND_1 = {metric.name for metric in METRICS if metric.is_share} | {"roc_auc", "average_precision"}


def lowest_is_best(recorded: str) -> bool:
    """Whether a lower value of a metric is better, by the name that MLflow has it under: test/loss.

    Of a metric that is not in the table, and not of these kinds, the highest value is taken for the best.
    """
    return _own_name(recorded) in _LOWEST_IS_BEST


def is_share(recorded: str) -> bool:
    """Whether a metric, by the name that MLflow has it under, lies between 0 and 1: test/accuracy."""
    name = _own_name(recorded)
    return name in _BETWEEN_0_AND_1 or (name.startswith("top_") and name.endswith("_accuracy"))


def _own_name(recorded: str) -> str:
    return recorded.rpartition("/")[2].removeprefix("validation_")


class DescribedMetric(NamedTuple):
    """A metric as a person reads it."""

    label: str
    value: str
    meaning: str


def describe_metrics(metrics: Mapping[str, Any]) -> list[DescribedMetric]:
    """Put the metrics into words, those that a person asks for first at the beginning.

    Args:
        metrics: of an evaluation, by name; one that is not there is left out.
    """
    images = DescribedMetric(
        "test images", f"{metrics['images']:,}", "none of them was used to choose anything"
    )
    described = [images]
    for metric in METRICS:
        for name, k in _named(metric, metrics):
            interval = accuracy_interval(metrics) if name == "accuracy" else ""
            value = f"{metrics[name]:.2%}{interval}" if metric.is_share else f"{metrics[name]:.4f}"
            described.append(DescribedMetric(metric.label.format(k=k), value, metric.meaning))
    if "classes_without_test_images" in metrics:
        absent = DescribedMetric(
            "classes without test images",
            f"{metrics['classes_without_test_images']}",
            "nothing is known about them, and the means of the classes leave them out",
        )
        described.append(absent)
    return described


def _named(metric: Metric, metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names that a metric has among those that were measured, each with its k."""
    before, k, after = metric.name.partition("{k}")
    if not k:
        return [(metric.name, "")] if metric.name in metrics else []
    names = [name for name in metrics if name.startswith(before) and name.endswith(after)]
    return [(name, name.removeprefix(before).removesuffix(after)) for name in names]


def accuracy_interval(metrics: Mapping[str, Any]) -> str:
    """The 95 % interval of the accuracy in brackets, empty if there is none."""
    if "accuracy_lower" not in metrics:
        return ""
    return f" (95 % interval {metrics['accuracy_lower']:.2%} to {metrics['accuracy_upper']:.2%}, Wilson)"
