"""Predictions as a table, and what is counted in it: over all images, and for each class."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

from image_classification.evaluation.scores import precision_recall_f1, roc_auc_and_average_precision
from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.answers.rule import PROBABILITY, Floats


def predictions_table(
    names: Sequence[str],
    logits: Tensor,
    labels: Tensor,
    class_names: Sequence[str],
    calibration: Calibration | None = None,
    looks: Floats | None = None,
) -> pd.DataFrame:
    """Put what a network says about each image into a table.

    Args:
        names: of the N images.
        logits: (N, classes) float, or log-probabilities.
        labels: (N,) int64 class indices.
        class_names: in the order of the logits.
        calibration: of the network; without it probabilities are those of the network itself.
        looks: what the images look like, as `looks_of` returns it; a calibration needs them.

    Returns:
        A row per image: name, label and prediction (class names), correct (bool), confidence (probability
        of the prediction), with a calibration answer (the prediction, or "unsure") and set (a JSON list of
        class names), and probability/<class> per class, float32.
    """
    probabilities = calibration.probabilities(logits) if calibration else logits.softmax(dim=1)
    confidence, predicted = probabilities.max(dim=1)  # (N,), (N,)
    classes = pd.Index(class_names)
    table = pd.DataFrame(
        {
            "name": list(names),
            "label": classes[labels.numpy()],
            "prediction": classes[predicted.numpy()],
            "correct": (predicted == labels).numpy(),
            "confidence": confidence.numpy(),
        }
    )
    if calibration and looks is not None:
        table["answer"], table["set"] = calibration.answers(probabilities.numpy(), looks, class_names)
    columns = [f"{PROBABILITY}{name}" for name in class_names]
    return pd.concat([table, pd.DataFrame(probabilities.numpy(), columns=columns)], axis=1)


def confusion_counts(predictions: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Count images by true class (rows) and predicted class (columns), in the order of `class_names`."""
    counts = pd.crosstab(predictions["label"], predictions["prediction"])
    return counts.reindex(index=list(class_names), columns=list(class_names), fill_value=0)


def class_indices(names: pd.Series, class_names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the index of each name (N,) among the class names.

    Raises:
        ValueError: a name is not among them.
    """
    indices = pd.Index(class_names).get_indexer(pd.Index(names))
    if (indices < 0).any():
        raise ValueError(
            f"{names.iloc[int((indices < 0).argmax())]!r} is none of the {len(class_names)} classes"
        )
    return indices


def class_probabilities(predictions: pd.DataFrame, class_names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the probability of each class (N, classes) from a table of predictions."""
    columns = [f"{PROBABILITY}{name}" for name in class_names]
    return predictions[columns].to_numpy(dtype=np.float64)


def class_metrics_table(predictions: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Measure how well each class is recognised.

    Args:
        predictions: a row per image, as `predictions_table` makes it.
        class_names: of all classes, those without a test image as well.

    Returns:
        A row per class: class_name, images (of this class in the test set), predicted (images taken for this
        class), precision, recall, f1, and one against the rest roc_auc and average_precision. Numbers
        that no image of the class supports are missing; a class that has images and is never predicted has
        precision 0. The last two are missing as well if all test images are of one class, or if a
        probability is not a number.
    """
    labels = class_indices(predictions["label"], class_names)  # (N,)
    predicted = class_indices(predictions["prediction"], class_names)  # (N,)
    probabilities = class_probabilities(predictions, class_names)  # (N, classes)
    number = len(class_names)
    images = np.bincount(labels, minlength=number)
    table = pd.DataFrame(
        {
            "class_name": list(class_names),
            "images": images,
            "predicted": np.bincount(predicted, minlength=number),
        }
    )
    scores = np.full((number, 3), np.nan)
    ranking = np.full((number, 2), np.nan)
    present = np.flatnonzero(images)
    if len(present):
        scores[present] = precision_recall_f1(labels, predicted, number)[present]
    if len(present) > 1 and np.isfinite(probabilities).all():
        for index in present:
            ranking[index] = roc_auc_and_average_precision(labels == index, probabilities[:, index])
    table[["precision", "recall", "f1"]] = scores
    table[["roc_auc", "average_precision"]] = ranking
    return table
