"""Figures say what they show: with few classes and with many, with long names and with none of the images."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from plotly.graph_objects import Figure

from image_classification.evaluation.figures.calibration_curve import calibration_curve_figure
from image_classification.evaluation.figures.class_bars import class_balance_figure, class_metrics_figure
from image_classification.evaluation.figures.confusion_matrix import confusion_matrix_figure
from image_classification.evaluation.figures.learning_curves import learning_curves_figure
from image_classification.evaluation.figures.samples import rows_of_samples, samples_figure
from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.scores import calibration_bins

SUBJECT = "convnet on made up"


def title(figure: Figure) -> str:
    json.loads(figure.to_json())  # what a browser gets
    return figure.layout.title.text


def names_of(classes: int) -> list[str]:
    return [f"class {index}" for index in range(classes)]


@pytest.mark.parametrize("splits", [["train"], ["train", "validation"], ["train", "validation", "test"]])
def test_learning_curves_draw_what_was_measured(splits: list[str]) -> None:
    history = pd.DataFrame({"epoch": [1, 2, 3], "learning_rate": [0.1, 0.2, 0.1]})
    for split in splits:
        history[f"{split}/loss"] = [1.0, 0.5, 0.25]
        history[f"{split}/accuracy"] = [0.5, 0.9, 0.95]
    figure = learning_curves_figure(history, SUBJECT)
    assert SUBJECT in title(figure)
    drawn = [trace.name for trace in figure.data]
    assert drawn == [*splits, *splits, "learning rate"]
    assert list(figure.data[0].y) == [1.0, 0.5, 0.25]


def test_epochs_without_validation_leave_no_gap() -> None:
    history = pd.DataFrame({"epoch": [1, 2, 3], "train/loss": [3.0, 2.0, 1.0], "train/accuracy": [0.1] * 3})
    history["validation/loss"] = [3.0, math.nan, 2.0]
    validation = learning_curves_figure(history, SUBJECT).data[1]
    assert (list(validation.x), list(validation.y)) == ([1, 3], [3.0, 2.0])


@pytest.mark.parametrize("classes", [2, 10, 40, 100])
def test_a_confusion_matrix_names_every_class(classes: int) -> None:
    names = [f"a class with a rather long name, number {index}" for index in range(classes)]
    counts = pd.DataFrame(np.eye(classes, dtype=int) * 3, index=names, columns=names)
    figure = confusion_matrix_figure(counts, SUBJECT)
    assert SUBJECT in title(figure)
    ticks = figure.layout.yaxis.ticktext
    assert len(set(ticks)) == classes
    assert max(map(len, ticks)) <= 28
    has_numbers = figure.data[0].texttemplate is not None
    assert has_numbers == (classes <= 25)
    assert len(figure.layout.updatemenus) == has_numbers
    assert figure.layout.height <= 1700


def test_a_confusion_matrix_has_counts_and_shares() -> None:
    counts = pd.DataFrame([[3, 1], [0, 0]], index=["a", "b"], columns=["a", "b"])
    with np.errstate(all="raise"):
        figure = confusion_matrix_figure(counts, SUBJECT)
    assert figure.data[0].z == ([0.75, 0.25], [0, 0])
    images, shares = (button.args[0]["text"][0] for button in figure.layout.updatemenus[0].buttons)
    assert images == [["3", "1"], ["", ""]]
    assert shares == [["75%", "25%"], ["", ""]]


def test_of_very_many_classes_the_most_confused_are_shown() -> None:
    counts = pd.DataFrame(np.eye(300, dtype=int) * 8, index=names_of(300), columns=names_of(300))
    counts.iloc[250, 7] = 2
    figure = confusion_matrix_figure(counts, SUBJECT)
    assert "120 of 300 classes with the most mistakes" in title(figure)
    ticks = list(figure.layout.yaxis.ticktext)
    assert {"class 7", "class 250"} <= set(ticks)
    # a share is one of the whole class, whatever is shown of it
    assert figure.data[0].z[ticks.index("class 250")][ticks.index("class 7")] == 0.2


def test_names_that_look_like_markup_numbers_or_dates_stay_what_they_are() -> None:
    names = ["<b>bold</b>", "007", "2024-01-01"]
    counts = pd.DataFrame(np.eye(3, dtype=int), index=names, columns=names)
    axis = confusion_matrix_figure(counts, SUBJECT).layout.xaxis
    assert list(axis.ticktext) == ["&lt;b&gt;bold&lt;/b&gt;", "007", "2024-01-01"]
    assert list(axis.tickvals) == [0, 1, 2]


def test_the_worst_class_comes_first_and_one_without_images_last(make_predictions) -> None:
    table = class_metrics_table(make_predictions(4, absent=(1,)), names_of(4))
    figure = class_metrics_figure(table, SUBJECT)
    assert SUBJECT in title(figure)
    *scores, absent = figure.data[0].x
    assert scores == sorted(scores)
    assert absent is None
    assert figure.layout.yaxis.ticktext[-1] == "class 1"
    assert [note.text for note in figure.layout.annotations] == ["no test images"]


def test_calibration_draws_the_bins_that_have_images(make_predictions) -> None:
    bins = calibration_bins(make_predictions(4), bins=15)
    figure = calibration_curve_figure(bins, SUBJECT)
    assert SUBJECT in title(figure)
    assert "calibration error" in title(figure)
    assert len(figure.data[1].x) == (bins["images"] > 0).sum() < len(bins)


def test_no_test_images_are_no_error(make_predictions) -> None:
    predictions = make_predictions(3).head(0)
    assert len(calibration_curve_figure(calibration_bins(predictions, bins=15), SUBJECT).data[1].x) == 0
    table = class_metrics_table(predictions, names_of(3))
    assert len(class_metrics_figure(table, SUBJECT).layout.annotations) == 3


def test_the_balance_counts_images_and_shares() -> None:
    counts = {"train": {"a": 30, "b": 10}, "validation": {"a": 0, "b": 0}, "test": {"a": 1, "b": 1}}
    figure = class_balance_figure(counts, ["a", "b"], "made up")
    assert "made up" in title(figure)
    assert [trace.name for trace in figure.data] == ["train (40)", "test (2)"]
    images, shares = (button.args[0]["x"] for button in figure.layout.updatemenus[0].buttons)
    assert images == [[30, 10], [1, 1]]
    assert shares == [[0.75, 0.25], [0.5, 0.5]]


@pytest.mark.parametrize("classes", [1, 2, 10, 40, 100, 300])
def test_samples_fit_the_page(classes: int) -> None:
    names = [f"a class with a rather long name, number {index}" for index in range(classes)]
    labels = torch.arange(3 * classes) % classes
    rows = rows_of_samples(labels, names, wanted=10)
    images = torch.zeros(len(labels), 1, 4, 4, dtype=torch.uint8)
    figure = samples_figure([images[chosen] for chosen in rows], names, SUBJECT)
    assert SUBJECT in title(figure)
    assert ("the first 120 of 300 classes" in title(figure)) == (classes == 300)
    assert len(figure.layout.annotations) == min(classes, 120)
    assert figure.layout.images[0].sizex <= 960
    assert all(labels[chosen].eq(index).all() for index, chosen in enumerate(rows))


def test_a_class_without_samples_has_an_empty_line() -> None:
    image = torch.zeros(1, 3, 4, 6, dtype=torch.uint8)
    figure = samples_figure([image, image[:0]], ["a", "b"], SUBJECT)
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
