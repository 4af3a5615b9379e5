"""A test of learning rates is drawn with what it found; of no test nothing is."""

import json

import numpy as np
import pandas as pd
import pytest

from image_classification.evaluation.figures.learning_rate_test import learning_rate_test_figure
from image_classification.evaluation.figures.style import shows_anything


def table(losses):
    losses = np.array(losses, dtype="float64")
    return pd.DataFrame({"rate": np.geomspace(1e-6, 1, len(losses)), "loss": losses, "smoothed": losses})


@pytest.mark.parametrize("losses", [[2.0] * 7 + [1.0, 0.5, 90.0], [0.3] * 200, [-1.0, -2.0, -3.0]])
@pytest.mark.parametrize("found", [0.012, None])
def test_what_was_tested(losses, found):
    figure = learning_rate_test_figure(table(losses), found, "convnet on made up")
    assert [list(trace.y) for trace in figure.data] == [losses, losses]
    assert shows_anything(figure)
    drawn = json.loads(figure.to_json())["layout"]
    assert "convnet on made up" in drawn["title"]["text"]
    assert ("falls fastest at 0.012" if found else "falls nowhere") in drawn["title"]["text"]
    assert [shape["x0"] for shape in drawn.get("shapes", [])] == ([found] if found else [])
    texts = [(text["text"], text["x"]) for text in drawn.get("annotations", [])]
    assert texts == ([("0.012", pytest.approx(np.log10(0.012)))] if found else [])
    low, high = drawn["yaxis"]["range"]
    assert low <= min(losses)
    assert min(losses) < high < 90


def test_of_no_test_there_is_nothing_on_it():
    assert not shows_anything(learning_rate_test_figure(table([]), None, "convnet on made up"))
