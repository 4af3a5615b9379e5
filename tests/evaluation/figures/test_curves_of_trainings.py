"""Trainings of one name are drawn together: a line for each, and one for their mean."""

import pandas as pd
import pytest

from image_classification.evaluation.figures.style import shows_anything
from image_classification.evaluation.figures.trainings import trainings_figure


def history_of(*epochs):
    """Return trainings of so many epochs, in each of which the loss of training n is n / epoch."""
    rows = [
        {"trial": trial, "epoch": epoch, "train/loss": trial / epoch, "validation/accuracy": 1 - trial / 10}
        for trial, last in enumerate(epochs, 1)
        for epoch in range(1, last + 1)
    ]
    return pd.DataFrame(rows, columns=["trial", "epoch", "train/loss", "validation/accuracy"])


def bold(figure):
    return [trace for trace in figure.data if trace.opacity is None]


def test_a_name_has_the_mean_of_its_trainings():
    figure = trainings_figure(history_of(4, 4, 4), {1: "sgd", 2: "adam", 3: "sgd"}, "digits")
    losses = {trace.name: trace for trace in bold(figure) if trace.yaxis == "y"}
    assert list(losses["sgd"].y) == pytest.approx([2, 1, 2 / 3, 1 / 2])
    assert list(losses["adam"].y) == pytest.approx([2, 1, 2 / 3, 1 / 2])
    thin = [trace for trace in figure.data if trace.opacity is not None and trace.yaxis == "y"]
    assert [trace.y[0] for trace in thin] == [1, 3]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["sgd", "adam"]


def test_one_that_was_ended_early_does_not_bend_the_mean():
    figure = trainings_figure(history_of(2, 5), {1: "a", 2: "a"}, "")
    assert list(bold(figure)[0].x) == [1, 2]


@pytest.mark.parametrize("count", [2, 24, 30])
def test_names_that_have_a_legend_can_be_told_apart(count):
    names = {trial: f"{trial}" for trial in range(1, count + 1)}
    figure = trainings_figure(history_of(*[3] * count), names, "")
    shown = [trace for trace in figure.data if trace.showlegend]
    assert len(shown) == min(count, 24)
    assert len({(trace.line.color, trace.line.dash) for trace in shown}) == len(shown)
    assert len(bold(figure)) == 2 * count


def test_values_that_are_no_numbers_are_left_out():
    history = history_of(3, 3)
    history.loc[1, "train/loss"] = float("nan")
    figure = trainings_figure(history, {1: "a", 2: "b"}, "")
    assert list(figure.data[0].x) == [1, 3]


def test_a_training_that_was_not_possible_leaves_the_others():
    figure = trainings_figure(history_of(3, 3), {1: "a", 3: "diverged", 2: "b"}, "")
    assert [len(trace.x) for trace in bold(figure)] == [3, 0, 3] * 2


def test_of_nothing_there_is_nothing_to_see():
    assert not trainings_figure(history_of(), {}, "").data
    assert not shows_anything(trainings_figure(pd.DataFrame(columns=["trial", "epoch"]), {}, ""))


def test_names_are_text_and_no_markup():
    figure = trainings_figure(history_of(3), {1: "<b>sgd</b>"}, "")
    assert "<b>" not in figure.data[0].name
