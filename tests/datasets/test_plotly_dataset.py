"""Figures of plotly are replaced whole, and kedro-viz draws them."""

import inspect

import pytest
from plotly.graph_objects import Figure, Scatter

from image_classification.datasets.atomic import PlotlyDataset


def test_a_figure_comes_back(tmp_path):
    dataset = PlotlyDataset(filepath=str(tmp_path / "folder" / "figure.json"))
    figure = Figure(Scatter(x=[1, 2], y=[3, 4], name="вы"))

    dataset.save(figure)

    assert dataset.load() == figure
    assert dataset.preview()["data"][0]["y"] == [3, 4]
    assert inspect.signature(dataset.preview).return_annotation == "PlotlyPreview"


def test_a_save_that_fails_leaves_the_old_figure(tmp_path):
    dataset = PlotlyDataset(filepath=str(tmp_path / "figure.json"))
    figure = Figure(Scatter(y=[1]))
    dataset.save(figure)

    with pytest.raises(Exception, match="write_json"):
        dataset.save("no figure")

    assert dataset.load() == figure
    assert [path.name for path in tmp_path.iterdir()] == ["figure.json"]
