"""Figures of a training and of its result.

They are made with matplotlib's object interface: pyplot keeps global state, which threads would share.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

_COLOURS = {"train": "#1f77b4", "validation": "#d95f02"}
# Beyond this many classes the numbers in the cells would overlap.
_MOST_CLASSES_WITH_NUMBERS = 25


def learning_curves_figure(history: pd.DataFrame, title: str) -> Figure:
    """Draw loss and accuracy per epoch, training and validation side by side.

    Args:
        history: a row per epoch, as the training loop returns it.
        title: what was trained on which data.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for axes, measure in ((loss, "loss"), (accuracy, "accuracy")):
        for split, colour in _COLOURS.items():
            column = f"{split}/{measure}"
            if column in history:
                axes.plot(history["epoch"], history[column], "o-", markersize=4, color=colour, label=split)
        axes.set(xlabel="epoch", ylabel=measure)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    loss.set_ylim(bottom=0)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.suptitle(title)
    return figure


def confusion_matrix_figure(counts: pd.DataFrame, title: str) -> Figure:
    """Draw a confusion matrix: the colour is the share of the true class, the number counts images.

    Args:
        counts: images by true class (rows) and predicted class (columns).
        title: which network was tested on which data.
    """
    class_names = [str(name) for name in counts.index]
    side = float(np.clip(2.5 + 0.45 * len(class_names), 5, 16))
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.subplots()
    values = counts.to_numpy()
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(
        picture, ax=axes, format=PercentFormatter(1.0), label="share of the true class", shrink=0.8
    )
    _name_ticks(axes, class_names)
    axes.set(xlabel="predicted class", ylabel="true class", title=title)
    if len(class_names) <= _MOST_CLASSES_WITH_NUMBERS:
        for row, column in zip(*np.nonzero(values), strict=True):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(
                column, row, f"{values[row, column]}", ha="center", va="center", color=colour, fontsize=8
            )
    return figure


def _name_ticks(axes: Axes, class_names: Sequence[str]) -> None:
    """Write the class names along both axes, upright only where they are short."""
    rotation = 0 if max(map(len, class_names)) <= 2 else 90
    size = 10 if len(class_names) <= _MOST_CLASSES_WITH_NUMBERS else 6
    axes.set_xticks(range(len(class_names)), class_names, rotation=rotation, fontsize=size)
    axes.set_yticks(range(len(class_names)), class_names, fontsize=size)
