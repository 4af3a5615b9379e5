"""Answers and sets are columns of the predictions, and counted: how many, how many right, how large."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from image_classification.evaluation.figures.answers import answers_figure
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table, predictions_table
from image_classification.evaluation.summary import (
    describe_metrics,
    measured_before_calibration,
    summarise_predictions,
)
from image_classification.networks.answers.fitting import fit_calibration
from image_classification.networks.answers.options import CalibrationOptions

LOOKS = np.random.default_rng(0).normal(size=(900, 8))
CLASSES = ["cat", "unsure", 'd"o, g', "eel"]


def outputs(images, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (images,), generator=generator)
    logits = torch.randn(images, 4, generator=generator)
    logits[torch.arange(images), labels] += 6 * torch.rand(images, generator=generator)
    return 4 * logits, labels


@pytest.fixture(scope="module")
def calibration():
    return fit_calibration(*outputs(500, 0), LOOKS[:500], CalibrationOptions(right=0.9, strangers=0.05))


@pytest.fixture(scope="module")
def seen():
    return outputs(400, 1)


@pytest.fixture(scope="module")
def predictions(calibration, seen):
    return predictions_table(list(map(str, range(400))), *seen, CLASSES, calibration, LOOKS[500:])


def test_columns(predictions, calibration, seen):
    raw = predictions_table(list(map(str, range(400))), *seen, CLASSES)

    assert [name for name in predictions if name not in raw] == ["answer", "set"]
    assert list(predictions.columns)[:6] == [*list(raw.columns)[:5], "answer"]
    assert predictions["prediction"].equals(raw["prediction"])
    expected = (seen[0] / calibration.temperature).softmax(1)
    assert np.array_equal(predictions.filter(like="probability/").to_numpy(), expected.numpy())
    assert set(predictions["answer"]) == {*CLASSES, "(unsure)"}
    for row in predictions.itertuples():
        assert row.prediction == json.loads(row.set)[0]
        assert row.answer in (row.prediction, "(unsure)")


def test_they_are_counted_one_by_one(predictions):
    summary = summarise_predictions(predictions, class_metrics_table(predictions, CLASSES))
    rows = list(predictions.itertuples())
    answered = [row for row in rows if row.answer != "(unsure)"]

    assert 0 < len(answered) < 400
    assert summary["answered"] == pytest.approx(len(answered) / 400)
    assert summary["answered_accuracy"] == pytest.approx(
        sum(row.answer == row.label for row in answered) / len(answered)
    )
    sets = [json.loads(row.set) for row in rows]
    covered = sum(row.label in names for row, names in zip(rows, sets, strict=True))
    assert summary["set_coverage"] == pytest.approx(covered / 400)
    assert summary["set_size"] == pytest.approx(sum(map(len, sets)) / 400)
    labels = [metric.label for metric in describe_metrics(summary)]
    assert {"answered", "accuracy of the answers", "coverage of the sets", "size of the sets"} <= set(labels)


def test_before_and_after(predictions, seen):
    raw = predictions_table(list(map(str, range(400))), *seen, CLASSES)
    table = class_metrics_table(raw, CLASSES)
    before = measured_before_calibration(raw, table, EvaluationOptions())
    alone = summarise_predictions(raw, table)
    after = summarise_predictions(predictions, class_metrics_table(predictions, CLASSES))

    for name in ("log_loss", "calibration_error"):
        assert before[f"raw_{name}"] == alone[name] > after[name]
    assert "answered" not in alone


def test_nothing_is_answered(calibration, seen):
    never = calibration.model_copy(update={"answer_above": None})
    table = predictions_table(list(map(str, range(400))), *seen, CLASSES, never, LOOKS[500:])
    summary = summarise_predictions(table, class_metrics_table(table, CLASSES))

    assert summary["answered"] == 0
    assert "answered_accuracy" not in summary
    assert len(answers_figure(table, 0.9, "x").data) == 1


def test_figure(predictions):
    figure = answers_figure(predictions, 0.9, "convnet on pets")
    curve, answered = figure.data

    assert curve.x[-1] == 1
    assert curve.y[-1] == pytest.approx(predictions["correct"].mean())
    surest = predictions.nlargest(round(curve.x[100] * 400), "confidence")
    assert curve.y[100] == pytest.approx(surest["correct"].mean())
    is_answered = predictions["answer"] != "(unsure)"
    assert answered.x == (pytest.approx(is_answered.mean()),)
    assert answered.y == (pytest.approx(predictions["correct"][is_answered].mean()),)
    assert figure.layout.shapes[0].y0 == 0.9


@pytest.mark.parametrize("rows", [0, 1, 2000])
def test_figure_of_any_number_of_images(predictions, rows):
    repeated = pd.concat([predictions] * 5, ignore_index=True)[:rows]
    for table in (repeated, repeated.drop(columns=["answer", "set"])):
        figure = answers_figure(table, None, "x")
        assert len(figure.data[0].x) == min(rows, 500)
        assert not figure.layout.shapes
