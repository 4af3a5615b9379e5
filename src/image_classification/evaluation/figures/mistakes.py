"""Pictures of the mistakes that the network was most sure of."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure, Scatter
from torch import Tensor

from image_classification.evaluation.figures.style import (
    caption,
    finish,
    new_figure,
    picture_layout,
    plotly_text,
)
from image_classification.networks.answers.rule import PROBABILITY

_COLUMNS = 5
_SIDE = 112  # pixels of an image
_WIDTH, _HEIGHT = 176, 184  # pixels of an image with its caption
_LONGEST_CAPTION = 16


def hardest_mistakes(predictions: pd.DataFrame, number: int) -> pd.DataFrame:
    """Choose the wrong predictions that give the true class the least probability, hardest first.

    Args:
        predictions: a row per image, as `predictions_table` returns it.
        number: how many at most.

    Returns:
        Their rows, with the column label_probability added.
    """
    wrong = np.flatnonzero(~predictions["correct"])
    labels, number_of = np.unique(predictions["label"].to_numpy(dtype=object)[wrong], return_inverse=True)
    probability = np.empty(len(wrong))
    # column by column: as rows, of which each has all classes, 30,000 of a thousand classes took nine seconds
    order = np.argsort(number_of, kind="stable")
    ends = np.cumsum(np.bincount(number_of, minlength=len(labels)))
    for label, places in zip(labels, np.split(order, ends[:-1]), strict=False):
        probability[places] = predictions[f"{PROBABILITY}{label}"].to_numpy()[wrong[places]]
    hardest = np.argsort(probability, kind="stable")[:number]
    return predictions.iloc[wrong[hardest]].assign(label_probability=probability[hardest])


def mistakes_figure(mistakes: pd.DataFrame, images: Tensor, subtitle: str) -> Figure:
    """Show images with their true class, the class they were taken for, and how sure the network was.

    Args:
        mistakes: n rows, as `hardest_mistakes` returns them.
        images: (n, C, H, W) uint8, one or three channels, in the same order.
        subtitle: which network was tested on which data.
    """
    rows = mistakes.to_dict("records")
    lines = -(-len(mistakes) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, max(lines, 1) * _HEIGHT
    corners = [
        (index % _COLUMNS * _WIDTH + (_WIDTH - _SIDE) // 2, index // _COLUMNS * _HEIGHT)
        for index in range(len(mistakes))
    ]
    figure = new_figure(
        Scatter(
            x=[left + _SIDE / 2 for left, _ in corners],
            y=[top + _SIDE / 2 for _, top in corners],
            mode="markers",
            # invisible: only there for the text under the mouse
            marker={"size": _SIDE * 0.8, "opacity": 0},
            text=[_description(row) for row in rows],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    captions = [
        caption(
            left + _SIDE / 2,
            top + _SIDE + 2,
            f"is <b>{plotly_text(row['label'], _LONGEST_CAPTION)}</b><br>"
            f"taken for {plotly_text(row['prediction'], _LONGEST_CAPTION)}<br>"
            f"{row['confidence']:.1%} sure",
            yanchor="top",
            font={"size": 11},
        )
        for (left, top), row in zip(corners, rows, strict=True)
    ] or [caption(width / 2, height / 2, "There are none.")]
    return finish(
        figure,
        "Hardest mistakes",
        subtitle,
        **picture_layout(images, corners, (width, height), _SIDE),
        annotations=captions,
        hovermode="closest",
    )


def _description(row: Mapping[Hashable, Any]) -> str:
    """Return the name of the image and the classes that the network found most probable."""
    probabilities = {
        str(column).removeprefix(PROBABILITY): value
        for column, value in row.items()
        if str(column).startswith(PROBABILITY)
    }
    best = sorted(probabilities, key=lambda name: -probabilities[name])[:3]
    lines = [f"{plotly_text(name)}: {probabilities[name]:.2%}" for name in best]
    return "<br>".join([f"<b>{plotly_text(row['name'], 60)}</b>", f"is {plotly_text(row['label'])}", *lines])
