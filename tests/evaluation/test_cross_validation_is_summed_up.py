"""Over the folds: mean, deviation, and an interval that heeds that their training images overlap."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from image_classification.evaluation.cross_validation import (
    mean_over_repeats,
    recorded_metrics,
    summarise_folds,
)


def folds(values, images=20, training_images=80):
    counts = {"repeat": 0, "images": images, "training_images": training_images}
    return pd.DataFrame([counts | {"fold": fold, "accuracy": each} for fold, each in enumerate(values)])


@pytest.mark.parametrize("values", [[0.8, 0.9, 0.85, 0.7, 0.95], [0.5, 0.5, 0.6]])
def test_the_interval_is_wider_than_one_of_independent_results(values):
    found = summarise_folds(folds(values))["accuracy"]
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["std"] == pytest.approx(np.std(values, ddof=1))
    usual = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    # (1 / J + n_test / n_train) instead of 1 / J
    wider = np.sqrt(1 + len(values) * 20 / 80)
    assert found["upper"] - found["mean"] == pytest.approx(wider * (usual[1] - np.mean(values)))
    assert found["mean"] - found["lower"] == pytest.approx(found["upper"] - found["mean"])


def test_a_metric_that_a_fold_lacks_is_left_out():
    table = folds([0.8, 0.9]).assign(roc_auc=[0.9, np.nan], log_loss=[0.3, np.inf])
    assert set(summarise_folds(table)) == {"accuracy"}


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Of a classifier whose accuracy is known, on folds of one draw of images after the other."""
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        results = draw.random(100) < 0.8
        found = summarise_folds(folds([each.mean() for each in results.reshape(5, 20)]))["accuracy"]
        covered += found["lower"] <= 0.8 <= found["upper"]
    assert covered / 400 > 0.93


def test_probabilities_of_several_repeats_are_averaged():
    first = {"name": "x", "label": "a", "prediction": "a", "correct": True, "confidence": 0.9}
    second = first | {"prediction": "b", "correct": False, "confidence": 0.8}
    rows = [
        first | {"probability/a": 0.9, "probability/b": 0.1, "repeat": 0},
        second | {"probability/a": 0.2, "probability/b": 0.8, "repeat": 1},
        first | {"name": "y", "probability/a": 0.4, "probability/b": 0.6, "repeat": 0},
        first | {"name": "y", "probability/a": 0.3, "probability/b": 0.7, "repeat": 1},
    ]
    table = mean_over_repeats(pd.DataFrame(rows), ["a", "b"])
    assert table["name"].tolist() == ["x", "y"]
    np.testing.assert_allclose(table["probability/a"], [0.55, 0.35])
    assert table["prediction"].tolist() == ["a", "b"]
    assert table["correct"].tolist() == [True, False]
    np.testing.assert_allclose(table["confidence"], [0.55, 0.65])


def test_they_are_recorded_by_names_of_their_own():
    values = {"mean": 0.8, "std": 0.1, "lower": 0.7, "upper": 0.9}
    assert recorded_metrics({"metrics": {"accuracy": values}}) == {
        "cross_validation/accuracy": 0.8,
        "cross_validation/accuracy_std": 0.1,
    }
    assert recorded_metrics({}) == {}
