"""The picture of a run is drawn whatever classes are called, and whatever is missing."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from image_classification.evaluation.figures.overview import overview_figure

NAMES = ["$a^{$", "c$at", "$", "日本", "<b>", "a\\b", "_", "%s", "x" * 300, "{}"]


def history(*columns):
    rows = {"epoch": [1, 2, 3], **{column: [0.5, np.nan, 0.25] for column in columns}}
    return pd.DataFrame(rows)


def matrix(names, right=5):
    counts = np.full((len(names), len(names)), 1) + right * np.eye(len(names), dtype=int)
    return pd.DataFrame(counts, index=names, columns=names)


def mistakes(names, number):
    rows = {"label": [names[0]] * number, "prediction": [names[-1]] * number, "confidence": [0.9] * number}
    return pd.DataFrame(rows)


def drawn(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Image.open(file)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("channels", [1, 3])
def test_classes_of_any_name(count, channels):
    names = NAMES[:count]
    images = torch.full((4, channels, 6, 7), 200, dtype=torch.uint8)

    figure = overview_figure(
        history("train/loss", "validation/loss", "train/accuracy"),
        matrix(names),
        mistakes(names, 4),
        images,
        "$x^{$",
    )

    assert drawn(figure).size == (1200, 800)
    texts = {
        text.get_text()
        for axes in figure.findobj(match=lambda each: hasattr(each, "get_yticklabels"))
        for text in axes.get_yticklabels()
    }
    assert {"\\$a^{\\$", "c\\$at"} <= texts


@pytest.mark.parametrize("count", [25, 26, 300])
def test_many_classes_and_no_mistakes(count):
    names = [f"class {number}" for number in range(count)]
    none = torch.empty((0, 1, 4, 4), dtype=torch.uint8)

    figure = overview_figure(history("train/loss"), matrix(names), mistakes(names, 0), none, "title")

    assert drawn(figure).size == (1200, 800)


def test_curves_go_on_over_epochs_that_were_not_validated():
    names = ["a", "b"]
    none = torch.empty((0, 1, 4, 4), dtype=torch.uint8)

    figure = overview_figure(history("validation/loss"), matrix(names), mistakes(names, 0), none, "title")

    (line,) = [line for axes in figure.axes for line in axes.lines]
    assert line.get_label() == "validation"
    assert line.get_xydata().tolist() == [[1, 0.5], [3, 0.25]]
