"""The hardest mistakes: which they are, and what is written below them."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from image_classification.evaluation.figures.mistakes import hardest_mistakes, mistakes_figure


@pytest.fixture
def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["right", "unsure", "sure"],
            "label": ["a", "a", "<b>"],
            "prediction": ["a", "<b>", "a"],
            "correct": [True, False, False],
            "confidence": [0.9, 0.6, 0.99],
            "probability/a": [0.9, 0.4, 0.99],
            "probability/<b>": [0.1, 0.6, 0.01],
        }
    )


def test_the_least_probable_truth_comes_first(predictions: pd.DataFrame) -> None:
    mistakes = hardest_mistakes(predictions, 10)
    assert list(mistakes["name"]) == ["sure", "unsure"]
    assert list(mistakes["label_probability"]) == [0.01, 0.4]
    assert list(hardest_mistakes(predictions, 1)["name"]) == ["sure"]


@pytest.mark.parametrize("channels", [1, 3])
def test_each_has_its_image_classes_and_confidence(predictions: pd.DataFrame, channels: int) -> None:
    images = torch.stack([torch.full((channels, 4, 4), value, dtype=torch.uint8) for value in (200, 100)])
    figure = mistakes_figure(hardest_mistakes(predictions, 10), images, "convnet on made up")
    assert "convnet on made up" in figure.layout.title.text
    captions = [note.text for note in figure.layout.annotations]
    assert captions == [
        "is <b>&lt;b&gt;</b><br>taken for a<br>99.0% sure",
        "is <b>a</b><br>taken for &lt;b&gt;<br>60.0% sure",
    ]
    assert "<b>sure</b>" in figure.data[0].text[0]
    data = figure.layout.images[0].source.partition(",")[2]
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"))
    middles = [picture[int(y), int(x)] for x, y in zip(figure.data[0].x, figure.data[0].y, strict=True)]
    assert middles == pytest.approx([200, 100], abs=2)


def test_no_mistakes_are_said_to_be_none(predictions: pd.DataFrame) -> None:
    none = hardest_mistakes(predictions.head(1), 10)
    figure = mistakes_figure(none, torch.zeros(0, 1, 4, 4, dtype=torch.uint8), "convnet on made up")
    assert [note.text for note in figure.layout.annotations] == ["There are none."]
