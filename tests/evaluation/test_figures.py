"""Figures say what they show, with few classes and with many."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from image_classification.evaluation.figures import confusion_matrix_figure, learning_curves_figure


def rendered(figure: Figure) -> bytes:
    target = BytesIO()
    figure.savefig(target, format="png")
    return target.getvalue()


@pytest.mark.parametrize("validation", [True, False])
def test_learning_curves_draw_the_splits_there_are(validation: bool) -> None:
    history = pd.DataFrame({"epoch": [1, 2], "train/loss": [1.0, 0.5], "train/accuracy": [0.5, 0.9]})
    if validation:
        history = history.assign(**{"validation/loss": [1.1, 0.8], "validation/accuracy": [0.4, 0.7]})
    figure = learning_curves_figure(history, "convnet on digits")
    assert figure.get_suptitle() == "convnet on digits"
    for axes in figure.axes:
        assert [line.get_label() for line in axes.lines] == ["train", "validation"][: 1 + validation]
    assert list(figure.axes[0].lines[0].get_ydata()) == [1.0, 0.5]
    assert rendered(figure)


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_confusion_matrix_names_every_class(classes: int) -> None:
    names = [f"class number {index}" for index in range(classes)]
    counts = pd.DataFrame(np.eye(classes, dtype=int) * 3, index=names, columns=names)
    figure = confusion_matrix_figure(counts, "title")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    assert [text.get_text() for text in axes.texts] == (["3"] * classes if classes <= 25 else [])
    assert rendered(figure)


def test_a_class_without_test_images_is_no_division_by_zero() -> None:
    counts = pd.DataFrame([[0, 0], [1, 2]], index=["a", "b"], columns=["a", "b"])
    with np.errstate(all="raise"):
        assert rendered(confusion_matrix_figure(counts, "title"))
