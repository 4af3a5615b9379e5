"""The metrics: one row each, with how it is measured, what it is called, and which value is the best."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_indices, class_probabilities
from image_classification.evaluation.scores import (
    brier_score,
    calibration_bins,
    expected_calibration_error,
    log_loss,
    top_k_accuracy,
)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation measures: at least one test image.

    Args:
        predictions: a row per image, as `predictions_table` makes it.
        class_metrics: a row per class, as `class_metrics_table` makes it of the same predictions.
        options: how it is evaluated.
    """

    predictions: pd.DataFrame
    class_metrics: pd.DataFrame
    options: EvaluationOptions

    @cached_property
    def tested(self) -> pd.DataFrame:
        """The rows of the classes with test images."""
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

    @property
    def calibration(self) -> pd.DataFrame:
        """A row per bin of confidence."""
        return calibration_bins(self.predictions, self.options.calibration_bins)

    @cached_property
    def is_answered(self) -> "pd.Series[bool]":
        """Which images are answered, for a table that has answers."""
        return self.predictions["answer"] == self.predictions["prediction"]

    @cached_property
    def sets(self) -> "pd.Series[Any]":
        """The classes of the set of each image, for a table that has sets."""
        return self.predictions["set"].map(json.loads)

    @property
    def is_covered(self) -> npt.NDArray[np.bool_]:
        """Which images have their class in their set."""
        pairs = zip(self.predictions["label"], self.sets, strict=True)
        return np.array([label in classes for label, classes in pairs])

    @property
    def set_sizes(self) -> "pd.Series[int]":
        """The number of classes in the set of each image."""
        return self.sets.map(len)

    def mean(self, column: str) -> float | None:
        """Return the mean over the classes, each counting the same; None where one has no value."""
        values = self.tested[column]
        return float(values.mean()) if values.notna().all() else None

    def weighted_mean(self, column: str) -> float:
        """Return the mean over the classes, weighted by their images."""
        return float(np.average(self.tested[column], weights=self.tested["images"]))


class Metric(NamedTuple):
    """A metric.

    Attributes:
        name: in `metrics.json`, and after test/ in the record; {k} stands for `EvaluationOptions.top_k`.
        label: as a person calls it.
        meaning: what it says, in a few words.
        measure: returns its value; None where it cannot be measured.
        is_share: whether it lies between 0 and 1 and is written in per cent.
        lowest_is_best: whether a lower value is better.
        of_probabilities: whether it is computed from the probabilities, which all have to be numbers.
    """

    name: str
    label: str
    meaning: str
    measure: Callable[[Evaluated], float | None]
    is_share: bool = False
    lowest_is_best: bool = False
    of_probabilities: bool = False

    def shown(self, value: float) -> str:
        """Return a value as it is written."""
        return f"{value:.2%}" if self.is_share else f"{value:.4f}"

    def names_among(self, measured: Iterable[str]) -> list[tuple[str, str]]:
        """Return the names that it has among those that were measured, each with its k ("" for most)."""
        before, k, after = self.name.partition("{k}")
        if not k:
            return [(self.name, "")] if self.name in measured else []
        names = [name for name in measured if name.startswith(before) and name.endswith(after)]
        return [(name, name.removeprefix(before).removesuffix(after)) for name in names]


def _top_k(of: Evaluated) -> float | None:
    k = of.options.top_k
    return top_k_accuracy(of.labels, of.probabilities, k) if of.probabilities.shape[1] > k else None


def _of_several_classes(score: Callable[..., float]) -> Callable[[Evaluated], float | None]:
    return lambda of: score(of.labels, of.probabilities) if of.probabilities.shape[1] > 1 else None


def _of_answers(measure: Callable[[Evaluated], float | None]) -> Callable[[Evaluated], float | None]:
    return lambda of: measure(of) if {"answer", "set"} <= set(of.predictions) else None


def _answered_accuracy(of: Evaluated) -> float | None:
    right = of.predictions["correct"][of.is_answered]
    return float(right.mean()) if len(right) else None


# fmt: off
METRICS = (
    Metric("accuracy", "accuracy", "share of the images that are classified correctly",
           lambda of: float(of.predictions["correct"].sum()) / len(of.predictions), is_share=True),
    Metric("top_{k}_accuracy", "top-{k} accuracy",
           "share of the images whose class is among the {k} most probable",
           _top_k, is_share=True, of_probabilities=True),
    Metric("balanced_accuracy", "balanced accuracy", "mean recall of the classes: each counts the same",
           lambda of: of.mean("recall"), is_share=True),
    Metric("macro_precision", "precision, mean of the classes",
           "share of the images taken for a class that are of it",
           lambda of: of.mean("precision"), is_share=True),
    Metric("macro_recall", "recall, mean of the classes", "share of the images of a class that are found",
           lambda of: of.mean("recall"), is_share=True),
    Metric("macro_f1", "F1, mean of the classes", "harmonic mean of precision and recall",
           lambda of: of.mean("f1"), is_share=True),
    Metric("weighted_precision", "precision, weighted", "each class counts by its images",
           lambda of: of.weighted_mean("precision"), is_share=True),
    Metric("weighted_recall", "recall, weighted", "each class counts by its images; the same as accuracy",
           lambda of: of.weighted_mean("recall"), is_share=True),
    Metric("weighted_f1", "F1, weighted", "each class counts by its images",
           lambda of: of.weighted_mean("f1"), is_share=True),
    Metric("calibration_error", "expected calibration error",
           "how far confidence and accuracy are apart on average; 0 is best",
           lambda of: expected_calibration_error(of.calibration),
           is_share=True, lowest_is_best=True, of_probabilities=True),
    Metric("roc_auc", "ROC-AUC",
           "chance that an image of a class gets a higher probability for it than another image; "
           "one against the rest, mean of the classes",
           lambda of: of.mean("roc_auc"), of_probabilities=True),
    Metric("average_precision", "average precision",
           "area under the precision-recall curve, mean of the classes",
           lambda of: of.mean("average_precision"), of_probabilities=True),
    Metric("log_loss", "log loss", "mean of -ln(probability of the true class); 0 is best",
           _of_several_classes(log_loss), lowest_is_best=True, of_probabilities=True),
    Metric("raw_calibration_error", "calibration error before calibration",
           "the expected calibration error of the probabilities as the network gives them",
           lambda _: None, is_share=True, lowest_is_best=True),
    Metric("raw_log_loss", "log loss before calibration",
           "the log loss of the probabilities as the network gives them",
           lambda _: None, lowest_is_best=True),
    Metric("brier_score", "Brier score", "mean squared error of the probabilities; 0 is best",
           _of_several_classes(brier_score), lowest_is_best=True, of_probabilities=True),
    Metric("answered", "answered", "share of the images of which the network is not unsure",
           _of_answers(lambda of: float(of.is_answered.mean())), is_share=True),
    Metric("answered_accuracy", "accuracy of the answers", "share of the answered images that are right",
           _of_answers(_answered_accuracy), is_share=True),
    Metric("set_coverage", "coverage of the sets", "share of the images whose set of classes has their own",
           _of_answers(lambda of: float(of.is_covered.mean())), is_share=True),
    Metric("set_size", "size of the sets", "mean number of classes in the set of an image",
           _of_answers(lambda of: float(of.set_sizes.mean())), lowest_is_best=True),
    # measured by the node that evaluates, with the loss of the training
    Metric("loss", "loss", "what the training minimised, on these images",
           lambda _: None, lowest_is_best=True),
)
# fmt: on
# without what stands before the last slash of a recorded name; the seconds are recorded beside the metrics
_LOWEST_IS_BEST = {metric.name for metric in METRICS if metric.lowest_is_best} | {"epoch_seconds"}
# two are between 0 and 1, and yet not written in per cent
_BETWEEN_0_AND_1 = {metric.name for metric in METRICS if metric.is_share} | {"roc_auc", "average_precision"}


def lowest_is_best(recorded: str) -> bool:
    """Tell whether a lower value of a metric is better, by its recorded name, such as test/loss.

    For a metric that is not in the table the highest value is taken for the best.
    """
    return _own_name(recorded) in _LOWEST_IS_BEST


def is_share(recorded: str) -> bool:
    """Tell whether a metric lies between 0 and 1, by its recorded name, such as test/accuracy."""
    name = _own_name(recorded)
    return name in _BETWEEN_0_AND_1 or (name.startswith("top_") and name.endswith("_accuracy"))


def _own_name(recorded: str) -> str:
    return recorded.rpartition("/")[2].removeprefix("validation_")
