"""Bins of confidence."""

import math

import pandas as pd
import pytest

from image_classification.evaluation.scores import calibration_bins, expected_calibration_error

PREDICTIONS = pd.DataFrame(
    {"confidence": [0.5, 0.51, 0.75, 1.0, 1.0], "correct": [True, False, True, True, False]}
)


def test_bins_are_closed_on_the_right() -> None:
    bins = calibration_bins(PREDICTIONS, bins=4)
    assert list(bins["images"]) == [0, 1, 2, 2]
    assert list(bins["lower"]) == [0, 0.25, 0.5, 0.75]
    assert bins["accuracy"].tolist()[1:] == [1.0, 0.5, 0.5]
    assert bins["confidence"].tolist()[1:] == pytest.approx([0.5, 0.63, 1.0])
    assert math.isnan(bins["accuracy"][0])


def test_the_error_weighs_bins_by_their_images() -> None:
    bins = calibration_bins(PREDICTIONS, bins=4)
    assert expected_calibration_error(bins) == pytest.approx((1 * 0.5 + 2 * 0.13 + 2 * 0.5) / 5)


def test_a_network_that_knows_itself_has_no_error() -> None:
    known = pd.DataFrame({"confidence": [0.75] * 4, "correct": [True, True, True, False]})
    assert expected_calibration_error(calibration_bins(known, bins=15)) == pytest.approx(0)
