"""Classes without test images, a test set of one class or of none: no crash, no nan, and a word about it."""

import logging
import math
import warnings

import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.summary import summarise_predictions


def measure(predictions: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    prefix = "probability/"
    names = [name.removeprefix(prefix) for name in predictions if name.startswith(prefix)]
    with warnings.catch_warnings(action="error"):
        table = class_metrics_table(predictions, names)
        return table.set_index("class_name"), summarise_predictions(predictions, table)


def test_classes_without_test_images(make_predictions, caplog) -> None:
    predictions = make_predictions(4, absent=(1,))
    table, summary = measure(predictions)
    assert all(math.isfinite(value) for value in summary.values())
    assert summary["classes_without_test_images"] == 1
    assert "no test images of 'class 1'" in caplog.text
    assert table.loc["class 1", "images"] == 0
    assert table.loc["class 1", "predicted"] > 0
    assert table.loc["class 1", ["precision", "recall", "f1", "roc_auc"]].isna().all()
    assert table.drop("class 1").notna().all(axis=None)
    labels, guesses = predictions["label"], predictions["prediction"]
    present = sorted(labels.unique())
    assert summary["macro_f1"] == pytest.approx(f1_score(labels, guesses, labels=present, average="macro"))
    with pytest.warns(UserWarning, match="not in y_true"):
        assert summary["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, guesses))


def test_many_absent_classes_are_not_all_named(make_predictions, caplog) -> None:
    measure(make_predictions(12, absent=tuple(range(2, 12))))
    assert "'class 6' and 5 more" in caplog.text


def test_a_class_that_is_never_predicted_has_precision_zero(make_predictions) -> None:
    predictions = make_predictions(3)
    predictions = predictions[predictions["prediction"] != "class 2"].reset_index(drop=True)
    table, _ = measure(predictions)
    assert table.loc["class 2", "images"] > 0
    assert list(table.loc["class 2", ["predicted", "precision", "recall", "f1"]]) == [0, 0, 0, 0]


def test_a_test_set_of_one_class(make_predictions, caplog) -> None:
    _, summary = measure(make_predictions(3, absent=(0, 1)))
    assert {"roc_auc", "average_precision"}.isdisjoint(summary)
    assert "All test images are of one class" in caplog.text
    assert summary["log_loss"] > 0


def test_no_test_images(make_predictions, caplog) -> None:
    table, summary = measure(make_predictions(3).head(0))
    assert summary == {"images": 0}
    assert table["precision"].isna().all()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_probabilities_that_are_no_numbers(make_predictions, caplog) -> None:
    predictions = make_predictions(3)
    predictions.loc[5, "probability/class 1"] = math.nan
    table, summary = measure(predictions)
    assert all(math.isfinite(value) for value in summary.values())
    assert "log_loss" not in summary
    assert "roc_auc" not in summary
    assert "smaller learning rate" in caplog.text
    assert table["recall"].notna().all()
