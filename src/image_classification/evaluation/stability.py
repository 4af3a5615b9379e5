"""What trainings with several seeds come to: how much of a result is luck."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from image_classification.evaluation.cross_validation import half_width_of_student

SPLITS = ("validation", "test")
INTERVAL = (
    "95 % interval of Student's t over the seeds, for the mean over all seeds on just these images: other "
    "images would vary it more"
)
# what counts images, and bounds of its own
_NO_METRICS = frozenset({"images", "accuracy_lower", "accuracy_upper", "classes_without_test_images"})


def summarise_seeds(runs: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Return mean, deviation and interval of every metric over the seeds, for each split by itself.

    Args:
        runs: a row per seed: seed, seconds, and the metrics as validation/<name> and test/<name>.

    Returns:
        By split and metric: mean, std (of a sample), lower, upper, lowest, highest. A metric that not every
        seed has is left out, as is a split without images.
    """
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for column in runs:
        split, _, name = str(column).partition("/")
        values = runs[column].to_numpy(dtype="float64") if split in SPLITS else np.array([np.nan])
        if name not in _NO_METRICS and np.isfinite(values).all():
            summary.setdefault(split, {})[name] = _summed_up(values)
    return summary


def _summed_up(values: "np.ndarray[Any, np.dtype[np.float64]]") -> dict[str, float]:
    count = len(values)
    mean, std = float(values.mean()), float(values.std(ddof=1)) if count > 1 else 0.0
    half = half_width_of_student(count) * std / float(np.sqrt(count))
    bounds = {"lower": mean - half, "upper": mean + half}
    return {"mean": mean, "std": std, **bounds, "lowest": float(values.min()), "highest": float(values.max())}


def recorded_stability(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a summary by the names that they have in a record: stability/test_accuracy, …"""
    recorded: dict[str, float] = {}
    for split, metrics in summary.get("metrics", {}).items():
        for name, values in metrics.items():
            recorded[f"stability/{split}_{name}"] = values["mean"]
            recorded[f"stability/{split}_{name}_std"] = values["std"]
    return recorded
