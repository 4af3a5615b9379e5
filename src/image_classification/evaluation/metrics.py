"""Predictions as a table, and what is counted and read from it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

PROBABILITY = "probability/"  # prefix of the columns that hold a class's probability


def predictions_table(
    names: Sequence[str], logits: Tensor, labels: Tensor, class_names: Sequence[str]
) -> pd.DataFrame:
    """Put what a network says of each image into a table.

    Args:
        names: of the N images.
        logits: (N, classes) float; log-probabilities are as good.
        labels: (N,) int64 class indices.
        class_names: in the order of the logits.

    Returns:
        A row per image: name, label and prediction (class names), correct (bool), confidence (probability
        of the prediction), and probability/<class> per class, float32.
    """
    probabilities = logits.softmax(dim=1)  # (N, classes)
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
