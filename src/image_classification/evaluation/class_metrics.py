"""The numbers of each class."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from image_classification.evaluation.metrics import class_indices, class_probabilities
from image_classification.evaluation.scores import precision_recall_f1, roc_auc_and_average_precision


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
