"""Calibration: whether a network that says "90 %" is right nine times out of ten."""

import numpy as np
import pandas as pd

BINS = 15


def calibration_bins(predictions: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Group the images by the confidence of their prediction, in bins (lower, upper] of equal width.

    Args:
        predictions: a row per image with confidence (0 to 1) and correct (bool).
        bins: how many.

    Returns:
        A row per bin: lower, upper, images, and the means confidence and accuracy, which are missing where a
        bin has no images.
    """
    confidence = predictions["confidence"].to_numpy(dtype=np.float64)
    correct = predictions["correct"].to_numpy(dtype=np.float64)
    edges = np.linspace(0, 1, bins + 1)
    bin_of_image = np.searchsorted(edges[1:-1], confidence)  # (N,), from 0 to bins - 1
    images = np.bincount(bin_of_image, minlength=bins)
    counted = np.where(images > 0, images, np.nan)
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "images": images,
            "confidence": np.bincount(bin_of_image, confidence, bins) / counted,
            "accuracy": np.bincount(bin_of_image, correct, bins) / counted,
        }
    )


def expected_calibration_error(bins: pd.DataFrame) -> float:
    """Mean distance between confidence and accuracy over the bins, weighted by their images.

    The definition of Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    """
    gap = (bins["confidence"] - bins["accuracy"]).abs()
    return float((gap * bins["images"]).sum() / bins["images"].sum())
