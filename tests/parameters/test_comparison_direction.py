"""Which value of a metric is the best follows from its name, unless it is said."""

import pytest

from image_classification.comparison.ranking import ComparisonOptions


@pytest.mark.parametrize(
    ("metric", "lowest"),
    [
        ("test/accuracy", False),
        ("test/roc_auc", False),
        ("test/loss", True),
        ("test/log_loss", True),
        ("test/calibration_error", True),
        ("test/brier_score", True),
        ("epoch_seconds", True),
        ("weights/validation_loss", True),
        ("train/loss", True),
        ("weights/validation_accuracy", False),
        ("test/top_5_accuracy", False),
        # a metric of somebody's own, whose name has a loss in it
        ("test/glossary", False),
        ("test/lossless_share", False),
    ],
)
def test_by_its_name(metric, lowest):
    assert ComparisonOptions(metric=metric).lowest_is_best is lowest


def test_or_as_somebody_says():
    assert ComparisonOptions(metric="test/loss", best="highest").lowest_is_best is False
    assert ComparisonOptions(metric="test/accuracy", best="lowest").lowest_is_best is True
