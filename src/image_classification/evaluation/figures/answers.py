"""How many images a network may answer so that how large a share of the answers is right."""

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure, Scatter

from image_classification.evaluation.figures.style import NEUTRAL, RIGHT, SPLIT_COLOURS, finish, new_figure

_MOST_POINTS = 500


def answers_figure(predictions: pd.DataFrame, right: float | None, subtitle: str) -> Figure:
    """Draw the accuracy of the answers over the share of the images that are answered, the surest first.

    Args:
        predictions: a row per image, as `predictions_table` makes it; with a column answer, the share that is
            answered is marked.
        right: the share of the answers that was promised to be right; None: nothing was.
        subtitle: which network was tested on which data.
    """
    ordered = predictions.sort_values("confidence", ascending=False, kind="stable")
    images = len(ordered)
    accuracy = ordered["correct"].to_numpy(dtype=np.float64).cumsum() / np.arange(1, images + 1)
    shown = np.unique(np.linspace(0, images - 1, min(images, _MOST_POINTS)).astype(int)).tolist()
    figure = new_figure(
        Scatter(
            x=[(row + 1) / images for row in shown],
            y=[float(accuracy[row]) for row in shown],
            customdata=[float(ordered["confidence"].iloc[row]) for row in shown],
            mode="lines",
            name="the surest answered first",
            line={"color": SPLIT_COLOURS["train"]},
            hovertemplate="%{x:.1%} answered, from a confidence of %{customdata:.1%}: "
            "%{y:.2%} right<extra></extra>",
        )
    )
    if right is not None:
        figure.add_hline(y=right, line={"color": NEUTRAL, "dash": "dash"})
    if images and "answer" in predictions:
        _mark_answers(figure, predictions)
    figure.update_xaxes(title="share of the images that are answered", range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(title="accuracy of the answers", tickformat=".1%")
    legend = {"x": 0.02, "y": 0.02, "yanchor": "bottom"}
    return finish(figure, "Coverage against accuracy", subtitle, height=420, legend=legend)


def _mark_answers(figure: Figure, predictions: pd.DataFrame) -> None:
    answered = predictions["answer"] == predictions["prediction"]
    if answered.any():
        figure.add_scatter(
            x=[float(answered.mean())],
            y=[float(predictions["correct"][answered].mean())],
            mode="markers",
            name="answered" if answered.all() else "answered; of the others it is unsure",
            marker={"size": 12, "color": RIGHT},
            hovertemplate="%{x:.1%} answered, of which %{y:.2%} right<extra></extra>",
        )
