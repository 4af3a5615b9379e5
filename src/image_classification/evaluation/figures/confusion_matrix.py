"""Which classes are mistaken for which."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from plotly.graph_objects import Figure, Heatmap

from image_classification.evaluation.figures.style import (
    LONGEST_NAME,
    MOST_CLASSES,
    MOST_CLASSES_WITH_NUMBERS,
    buttons,
    class_ticks,
    finish,
    new_figure,
)
from image_classification.words import shorten


def confusion_matrix_figure(counts: pd.DataFrame, subtitle: str) -> Figure:
    """Draw a confusion matrix: the colour is the share of the true class, the numbers count images.

    Buttons turn the numbers into shares and back. With many classes there is no room for numbers: they appear
    under the mouse.

    Args:
        counts: images by true class (rows) and predicted class (columns).
        subtitle: which network was tested on which data.
    """
    values = counts.to_numpy()
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    names = [str(name) for name in counts.index]
    if len(names) > MOST_CLASSES:
        subtitle += f"; the {MOST_CLASSES} of {len(names)} classes with the most mistakes"
        chosen = _most_confused(values, MOST_CLASSES)
        values, shares = values[np.ix_(chosen, chosen)], shares[np.ix_(chosen, chosen)]
        names = [names[index] for index in chosen]
    number = len(names)
    side = float(np.clip(520 / number, 13, 120))  # height of a cell, pixels
    width = 520 / number  # of a cell on a narrow page, pixels
    readable = number <= MOST_CLASSES_WITH_NUMBERS
    written = np.where(values > 0, values.astype(str), "")
    percent = np.where(values > 0, np.char.mod("%.0f%%", 100 * shares), "")
    figure = new_figure(
        Heatmap(
            z=np.round(shares, 5).tolist(),
            text=written.tolist(),
            customdata=values.tolist(),
            texttemplate="%{text}" if readable else None,
            textfont={"size": float(np.clip(side / 3, 8, 14))},
            zmin=0,
            zmax=1,
            colorscale="Blues",
            colorbar={"title": {"text": "share of<br>the class"}, "tickformat": ".0%", "thickness": 14},
            xgap=1,
            ygap=1,
            hovertemplate=(
                "is %{y}<br>taken for %{x}<br>"
                "<b>%{customdata} images</b>, %{z:.1%} of the class<extra></extra>"
            ),
        )
    )
    longest = max(len(shorten(name, LONGEST_NAME)) for name in names)
    upright = longest * 7 <= width
    font_size = float(np.clip(width - 2, 6, 12))
    figure.update_xaxes(
        **class_ticks(names, 12 if upright else font_size),
        title="predicted class",
        tickangle=0 if upright else -90,
    )
    figure.update_yaxes(
        **class_ticks(names, float(np.clip(side - 4, 8, 12))), title="true class", autorange="reversed"
    )
    if readable:
        choices = [
            {"label": label, "method": "restyle", "args": [{"text": [text.tolist()]}]}
            for label, text in (("images", written), ("share of the class", percent))
        ]
        figure.update_layout(updatemenus=buttons(*choices))
    room = 20 if upright else longest * 0.6 * font_size  # for the names below
    return finish(figure, "Confusion matrix", subtitle, height=side * number + room + 170, least_width=620)


def _most_confused(counts: npt.NDArray[np.int64], number: int) -> npt.NDArray[np.intp]:
    """Return the classes that take part in the most mistakes, in their order."""
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return np.sort(np.argsort(-mistakes, kind="stable")[:number])
