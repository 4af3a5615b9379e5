"""Figures of many runs: axes for what differs, colours for configurations, columns for data."""

import pandas as pd
import pytest

from image_classification.comparison.configurations import describe_runs
from image_classification.comparison.figures import (
    MOST_CONFIGURATIONS,
    MOST_PARAMETERS,
    compared_curves_figure,
    parallel_coordinates_figure,
)
from image_classification.comparison.ranking import rank_configurations


def runs(*changes):
    rows = []
    for number, change in enumerate(changes):
        parameters = {
            "network.name": "convnet",
            "data.name": "mnist",
            "data.index_digest": "a",
            "seed": number,
        }
        parameters |= change
        rows.append(
            {"run_id": f"run{number}", "name": f"convnet-{number}", "run_seconds": 1.0}
            | {
                f"parameter/{name}": None if value is None else str(value)
                for name, value in parameters.items()
            }
            | {"metric/test/accuracy": 0.5 + number / 100, "metric/validation/loss": 1.0}
        )
    return describe_runs(pd.DataFrame(rows))


def dimensions(table, **options):
    figure = parallel_coordinates_figure(table, "test/accuracy", ["seed"], **options)
    return {axis.label: axis for axis in figure.data[0].dimensions}


def test_an_axis_for_each_parameter_that_differs():
    table = runs({"optimizer.lr": 0.01, "training.epochs": 5}, {"optimizer.lr": 0.02, "training.epochs": 5})
    assert list(dimensions(table)) == ["network.name", "optimizer.lr", "<b>test/accuracy</b>"]


def test_an_axis_for_the_data_where_they_differ():
    axes = dimensions(runs({}, {"data.index_digest": "b"}))
    assert list(axes["data"].ticktext) == ["mnist (a)", "mnist (b)"]


def test_rates_are_drawn_logarithmically():
    axis = dimensions(runs({"optimizer.lr": 0.0001}, {"optimizer.lr": 0.1}))["optimizer.lr"]
    assert list(axis.values) == pytest.approx([-4, -1])
    assert list(axis.ticktext) == ["0.0001", "0.1"]


def test_words_and_lists_get_a_place_each():
    axis = dimensions(runs({"network.widths": "[8]"}, {"network.widths": "[4]"}, {"network.widths": None}))
    assert list(axis["network.widths"].ticktext) == ["[4]", "[8]", "–"]
    assert list(axis["network.widths"].values) == [1, 0, 2]


def test_more_parameters_than_can_be_read_are_named_instead():
    table = runs(*({f"option.{name}": value for name in range(15)} for value in (1, 2)))
    figure = parallel_coordinates_figure(table, "test/accuracy", ["seed"])
    assert len(figure.data[0].dimensions) == MOST_PARAMETERS + 2
    assert "and 2 more" in figure.layout.title.text


def test_low_is_bright_where_low_is_good():
    table = runs({}, {})
    figure = parallel_coordinates_figure(table, "test/accuracy", ["seed"], lowest_is_best=True)
    assert figure.data[0].line.reversescale is True


def curves(*rows):
    return pd.DataFrame(rows, columns=["run_id", "metric", "epoch", "value"])


def test_a_colour_per_configuration_and_a_line_per_run():
    table = runs({}, {}, {"optimizer.lr": 0.1})
    points = [(f"run{run}", "validation/loss", epoch, 1.0) for run in range(3) for epoch in (2, 1)]
    figure = compared_curves_figure(curves(*points), table, rank_configurations(table, "test/accuracy"))
    assert len(figure.data) == 3
    assert len({trace.line.color for trace in figure.data}) == 2
    assert sum(trace.showlegend for trace in figure.data) == 2
    assert all(list(trace.x) == [1, 2] for trace in figure.data)


def test_a_column_per_data():
    table = runs({}, {"data.index_digest": "b"})
    points = [(f"run{run}", "validation/loss", 1, 1.0) for run in range(2)]
    figure = compared_curves_figure(curves(*points), table, rank_configurations(table, "test/accuracy"))
    assert len({trace.xaxis for trace in figure.data}) == 2
    assert [note.text for note in figure.layout.annotations] == ["mnist (a)", "mnist (b)"]


def test_without_validation_the_curve_of_training_is_drawn():
    table = runs({}).drop(columns="metric/validation/loss")
    points = curves(("run0", "train/loss", 1, 1.0))
    (trace,) = compared_curves_figure(points, table, rank_configurations(table, "test/accuracy")).data
    assert trace.line.dash == "dot"


def test_with_validation_that_of_training_is_not():
    table = runs({})
    points = curves(("run0", "train/loss", 1, 1.0), ("run0", "validation/loss", 1, 2.0))
    (trace,) = compared_curves_figure(points, table, rank_configurations(table, "test/accuracy")).data
    assert list(trace.y) == [2.0]


def test_more_configurations_than_can_be_told_apart_are_left_out():
    table = runs(*({"optimizer.lr": rate} for rate in range(1, 16)))
    points = [(run_id, "validation/loss", 1, 1.0) for run_id in table["run_id"]]
    figure = compared_curves_figure(curves(*points), table, rank_configurations(table, "test/accuracy"))
    assert len(figure.data) == MOST_CONFIGURATIONS
    assert f"the best {MOST_CONFIGURATIONS} are shown" in figure.layout.title.text


def test_runs_without_curves():
    table = runs({})
    figure = compared_curves_figure(curves(), table, rank_configurations(table, "test/accuracy"))
    assert len(figure.data) == 0
