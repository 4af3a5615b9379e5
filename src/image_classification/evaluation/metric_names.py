"""The metrics in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Metric(NamedTuple):
    """A metric as a person reads it."""

    label: str
    value: str
    meaning: str


_SHARES = {
    "accuracy": ("accuracy", "share of the images that are classified rightly"),
    "balanced_accuracy": ("balanced accuracy", "mean of the classes' recall: every class counts the same"),
    "macro_precision": ("precision, mean of the classes", "of the images taken for a class, those that are"),
    "macro_recall": ("recall, mean of the classes", "of the images of a class, those that are found"),
    "macro_f1": ("F1, mean of the classes", "harmonic mean of precision and recall"),
    "weighted_precision": ("precision, weighted", "classes count by their images"),
    "weighted_recall": ("recall, weighted", "classes count by their images; the same as accuracy"),
    "weighted_f1": ("F1, weighted", "classes count by their images"),
    "calibration_error": (
        "expected calibration error",
        "how far confidence and accuracy lie apart on average; 0 is best",
    ),
}
_NUMBERS = {
    "roc_auc": (
        "ROC-AUC",
        "chance that an image of a class gets a higher probability of it than another image; "
        "one against the rest, mean of the classes",
    ),
    "average_precision": ("average precision", "area under precision over recall, mean of the classes"),
    "log_loss": ("log loss", "mean of -ln(probability of the true class); 0 is best"),
    "brier_score": ("Brier score", "mean squared error of the probabilities; 0 is best"),
    "loss": ("loss", "what the training made small, on the test images"),
}


def is_share(name: str) -> bool:
    """Whether a metric, by the name that MLflow has it under, lies between 0 and 1: test/accuracy."""
    last = name.rpartition("/")[2].removeprefix("validation_")
    return last.endswith("accuracy") or last in {*_SHARES, "roc_auc", "average_precision"}


def describe_metrics(metrics: Mapping[str, Any]) -> list[Metric]:
    """Put the metrics into words, those that a person asks for first at the beginning.

    Args:
        metrics: of an evaluation, by name; one that is not there is left out.
    """
    described = [Metric("test images", f"{metrics['images']:,}", "none of them was used to choose anything")]
    for name, (label, meaning) in _SHARES.items():
        if name in metrics:
            interval = accuracy_interval(metrics) if name == "accuracy" else ""
            described.append(Metric(label, f"{metrics[name]:.2%}{interval}", meaning))
            if name == "accuracy":
                described += _top_k(metrics)
    for name, (label, meaning) in _NUMBERS.items():
        if name in metrics:
            described.append(Metric(label, f"{metrics[name]:.4f}", meaning))
    if "classes_without_test_images" in metrics:
        absent = Metric(
            "classes without test images",
            f"{metrics['classes_without_test_images']}",
            "nothing is known about them, and the means of the classes leave them out",
        )
        described.append(absent)
    return described


def accuracy_interval(metrics: Mapping[str, Any]) -> str:
    """The 95 % interval of the accuracy in brackets, empty if there is none."""
    if "accuracy_lower" not in metrics:
        return ""
    return f" (95 % interval {metrics['accuracy_lower']:.2%} to {metrics['accuracy_upper']:.2%}, Wilson)"


def _top_k(metrics: Mapping[str, Any]) -> list[Metric]:
    return [
        Metric(
            f"top-{name.split('_')[1]} accuracy",
            f"{metrics[name]:.2%}",
            "the true class is among that many of the most probable ones",
        )
        for name in metrics
        if name.startswith("top_") and name.endswith("_accuracy")
    ]
