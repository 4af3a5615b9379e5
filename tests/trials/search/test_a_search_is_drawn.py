"""The figures of a search show its trainings, with whatever was drawn for each."""

import re

import pandas as pd
import pytest

from image_classification.evaluation.figures.style import shows_anything
from image_classification.trials.search.dimensions import Range, Values
from image_classification.trials.search.figures import search_figures, study_of

SPACE = {
    "optimizer.name": Values(("adam", "sgd"), ("adam", "sgd")),
    "optimizer.sgd.lr": Range("float", 0.001, 1.0, log=True),
    "widths": Values(("[8]", "[8, 16]"), ([8], [8, 16])),
    "training.epochs": Range("int", 1, 9),
}


def table_of(count, states=("complete",)):
    rows = []
    for number in range(count):
        is_sgd, state = number % 2 == 1, states[number % len(states)]
        row = {"trial": number + 1, "state": state, "value": None if state == "failed" else number / 10}
        row |= {"optimizer.name": "sgd" if is_sgd else "adam", "optimizer.sgd.lr": 0.1 if is_sgd else None}
        rows.append(row | {"widths": "[8]" if number % 3 else "[8, 16]", "training.epochs": number % 9 + 1})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_they_show_every_training_that_came_to_a_result(direction):
    study = study_of(table_of(9, ("complete", "complete", "failed")), SPACE, direction)
    assert [trial.value for trial in study.trials] == [0.0, 0.1, 0.3, 0.4, 0.6, 0.7]
    assert study.best_value == (0.0 if direction == "minimize" else 0.7)
    figures = search_figures(study, "validation/loss", "on digits")
    assert all(shows_anything(figure) for figure in figures.values())
    assert list(figures["history"].data[0].x) == list(range(1, 7))
    assert "optimizer.name" in str(figures["parallel_coordinates"].to_dict())


@pytest.mark.parametrize(("count", "states"), [(0, ("complete",)), (1, ("complete",)), (4, ("pruned",))])
def test_too_few_leave_them_empty(count, states):
    figures = search_figures(study_of(table_of(count, states), SPACE, "minimize"), "validation/loss", "")
    assert not any(figure.data for figure in figures.values())


def test_results_that_are_all_the_same_are_drawn():
    table = table_of(6).assign(value=0.5)
    assert shows_anything(
        search_figures(study_of(table, SPACE, "minimize"), "validation/loss", "")["history"]
    )


def colours_in(figure):
    """The lightness of every colour that stands for a value, 0 to 255."""
    found = [trace.line.color for trace in figure.data if str(trace.line.color).startswith("rgb(")]
    found += [each for trace in figure.data for _, each in trace.marker.colorscale or ()]
    return [sum(map(float, re.findall(r"[\d.]+", each))) / 3 for each in found]


@pytest.mark.parametrize("count", [2, 9])
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_all_is_seen_on_white_and_written_as_elsewhere(count, direction):
    figures = search_figures(study_of(table_of(count), SPACE, direction), "validation/accuracy", "")
    assert [trace.name for trace in figures["history"].data][:2] == ["validation/accuracy", "best so far"]
    for name in ("slices", "parallel_coordinates"):
        assert colours_in(figures[name])
        assert max(colours_in(figures[name])) < 215
    slices = figures["slices"]
    numbers = {number for trace in slices.data for number in trace.marker.color or ()}
    assert numbers == set(range(1, count + 1))
    shown = {value for trace in slices.data for value in trace.x if isinstance(value, str)}
    assert shown == {"adam", "sgd", "[8]", "[8, 16]"}
    # numbers in lists are names, and stand side by side
    kinds = [axis.type for axis in slices.select_xaxes()]
    assert kinds.count("category") == 2
    assert all(axis.tickformat == ".1~%" for axis in slices.select_yaxes())


def test_losses_are_no_shares():
    figures = search_figures(study_of(table_of(4), SPACE, "minimize"), "validation/loss", "")
    assert {axis.tickformat for axis in figures["slices"].select_yaxes()} == {None}


@pytest.mark.parametrize("name", SPACE)
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_search_of_one_parameter(name, count):
    table, space = table_of(2 * count), {name: SPACE[name]}
    figures = search_figures(study_of(table, space, "minimize"), "validation/loss", "")
    shown = [value for trace in figures["slices"].data for value in trace.x]
    assert len(shown) == table[name].notna().sum()
    assert not any("'" in str(value) for value in shown)
