"""A run in one picture, to put beside those of other runs: curves, confusion matrix, hardest mistakes.

It uses matplotlib's object interface: pyplot keeps global state, which threads would share.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor

from image_classification.evaluation.figures.style import MOST_CLASSES_WITH_NUMBERS, SPLIT_COLOURS
from image_classification.words import literal

SHOWN_MISTAKES = 10
"""How many mistakes there is room for."""

_COLUMNS = 5
_LONGEST_NAME, _LONGEST_CAPTION, _LONGEST_TITLE = 18, 14, 100
_DARK = 0.5  # beyond this share of the class the number in a cell is white


def overview_figure(
    history: pd.DataFrame, counts: pd.DataFrame, mistakes: pd.DataFrame, images: Tensor, title: str
) -> Figure:
    """Draw the overview of a run, 12 x 8 inches.

    Args:
        history: a row per epoch, as the training loop returns it.
        counts: test images by true class (rows) and predicted class (columns).
        mistakes: as `hardest_mistakes` returns them.
        images: (n, C, H, W) uint8 of these mistakes.
        title: what was trained on what, and how good it is.
    """
    figure = Figure(figsize=(12, 8), layout="constrained")
    figure.suptitle(literal(title, _LONGEST_TITLE), fontsize=14, fontweight="bold")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.15], squeeze=False)[0]
    loss, accuracy = left.subplots(2, 1, sharex=True)
    _draw_curves(loss, history, "loss")
    _draw_curves(accuracy, history, "accuracy")
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    accuracy.set_xlabel("epoch")
    accuracy.xaxis.set_major_locator(MaxNLocator(integer=True))
    above, below = right.subfigures(2, 1, height_ratios=[1.7, 1], squeeze=False)[:, 0]
    _draw_matrix(above.subplots(), counts)
    _draw_mistakes(below, mistakes, images)
    return figure


def _draw_curves(axes: Axes, history: pd.DataFrame, measure: str) -> None:
    for split, colour in SPLIT_COLOURS.items():
        if f"{split}/{measure}" in history:
            # an epoch without a validation has no value
            drawn = history[history[f"{split}/{measure}"].notna()]
            axes.plot(
                drawn["epoch"], drawn[f"{split}/{measure}"], marker="o", ms=3, color=colour, label=split
            )
    axes.set_ylabel(measure)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()


def _draw_matrix(axes: Axes, counts: pd.DataFrame) -> None:
    values = counts.to_numpy()
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted class", ylabel="true class", title="Test images")
    if len(values) > MOST_CLASSES_WITH_NUMBERS:
        axes.set(xticks=[], yticks=[], title=f"Test images of {len(values)} classes")
        return
    names = [literal(str(name), _LONGEST_NAME) for name in counts.index]
    upright = max(map(len, names)) * len(names) <= 50
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8 if len(names) <= 12 else 5}
    for row, column in np.argwhere(values > 0):
        colour = "white" if shares[row, column] > _DARK else "black"
        axes.text(column, row, f"{values[row, column]}", color=colour, **style)


def _draw_mistakes(figure: SubFigure, mistakes: pd.DataFrame, images: Tensor) -> None:
    figure.suptitle("Hardest mistakes" if len(mistakes) else "No mistakes", fontsize=10)
    panels = figure.subplots(SHOWN_MISTAKES // _COLUMNS, _COLUMNS).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, image, row in zip(panels, images, mistakes.to_dict("records"), strict=False):
        axes.imshow(image.permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=255)
        label, prediction = (literal(str(row[each]), _LONGEST_CAPTION) for each in ("label", "prediction"))
        axes.set_title(f"{label}, taken for\n{prediction}", fontsize=7)
