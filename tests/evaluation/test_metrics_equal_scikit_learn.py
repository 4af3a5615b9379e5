"""Every number is the one that scikit-learn, or a plain loop, computes of the stored predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.preprocessing import label_binarize

from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.summary import summarise_predictions

CLOSE = {"abs": 1e-6, "rel": 0}


def names_of(predictions: pd.DataFrame) -> list[str]:
    prefix = "probability/"
    return [name.removeprefix(prefix) for name in predictions if name.startswith(prefix)]


@pytest.fixture(params=[3, 10])
def stored(request, tmp_path: Path, make_predictions) -> pd.DataFrame:
    path = tmp_path / "predictions.parquet"
    make_predictions(request.param).to_parquet(path)
    return pd.read_parquet(path)


def probabilities_of(predictions: pd.DataFrame) -> np.ndarray:
    return predictions.filter(like="probability/").to_numpy(dtype=np.float64)


def test_the_summary(stored: pd.DataFrame) -> None:
    names = names_of(stored)
    summary = summarise_predictions(stored, class_metrics_table(stored, names))
    labels = stored["label"].map(names.index).to_numpy()
    guesses = stored["prediction"].map(names.index).to_numpy()
    probabilities = probabilities_of(stored)
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    binary = label_binarize(labels, classes=range(len(names)))
    expected = {
        "images": len(stored),
        "accuracy": sk.accuracy_score(labels, guesses),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, guesses),
        "roc_auc": sk.roc_auc_score(labels, shares, multi_class="ovr", average="macro"),
        "average_precision": sk.average_precision_score(binary, probabilities, average="macro"),
        "log_loss": sk.log_loss(labels, shares),
        "brier_score": np.square(probabilities - binary).sum(axis=1).mean(),
    }
    for average in ("macro", "weighted"):
        precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, guesses, average=average)
        expected |= {f"{average}_precision": precision, f"{average}_recall": recall, f"{average}_f1": f1}
    if len(names) > 5:
        expected["top_5_accuracy"] = sk.top_k_accuracy_score(labels, probabilities, k=5)
    assert {name: summary[name] for name in expected} == pytest.approx(expected, **CLOSE)
    assert set(summary) - set(expected) == {"accuracy_lower", "accuracy_upper", "calibration_error"}


def test_each_class(stored: pd.DataFrame) -> None:
    names = names_of(stored)
    table = class_metrics_table(stored, names).set_index("class_name")
    report = sk.classification_report(stored["label"], stored["prediction"], output_dict=True)
    for name in names:
        expected = {key.replace("f1-score", "f1"): value for key, value in report[name].items()}
        expected["images"] = expected.pop("support")
        probability = stored[f"probability/{name}"]
        expected["roc_auc"] = sk.roc_auc_score(stored["label"] == name, probability)
        expected["average_precision"] = sk.average_precision_score(stored["label"] == name, probability)
        expected["predicted"] = (stored["prediction"] == name).sum()
        assert table.loc[name].to_dict() == pytest.approx(expected, **CLOSE)


def test_calibration_error(stored: pd.DataFrame) -> None:
    names = names_of(stored)
    summary = summarise_predictions(
        stored, class_metrics_table(stored, names), EvaluationOptions(calibration_bins=10)
    )
    confidence, correct = stored["confidence"].to_numpy(np.float64), stored["correct"]
    accuracies, confidences = calibration_curve(correct, confidence, n_bins=10)
    images = np.histogram(-confidence, -np.linspace(0, 1, 11)[::-1])[0][::-1]  # bins closed on the right
    gaps = np.abs(accuracies - confidences)
    assert summary["calibration_error"] == pytest.approx(gaps @ images[images > 0] / len(stored), **CLOSE)
    assert summary["calibration_error"] > 0.01


def test_two_classes_have_the_one_area_under_the_curve(make_predictions) -> None:
    predictions = make_predictions(2)
    names = names_of(predictions)
    summary = summarise_predictions(predictions, class_metrics_table(predictions, names))
    probability = predictions["probability/class 1"]
    is_one = predictions["label"] == "class 1"
    assert summary["roc_auc"] == pytest.approx(sk.roc_auc_score(is_one, probability), **CLOSE)
    assert summary["brier_score"] == pytest.approx(sk.brier_score_loss(is_one, probability), **CLOSE)
