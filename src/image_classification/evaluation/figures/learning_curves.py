"""How loss, accuracy and learning rate changed from epoch to epoch."""

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from image_classification.evaluation.figures.style import NEUTRAL, SPLIT_COLOURS, finish, new_figure


def learning_curves_figure(history: pd.DataFrame, subtitle: str) -> Figure:
    """Draw loss, accuracy and learning rate per epoch, one below the other.

    Args:
        history: a row per epoch, as the training loop returns it; what it lacks is not drawn.
        subtitle: what was trained on which data.
    """
    measures = ["loss", "accuracy"] + ["learning_rate"] * ("learning_rate" in history)
    figure = make_subplots(figure=new_figure(), rows=len(measures), shared_xaxes=True, vertical_spacing=0.06)
    for row, measure in enumerate(measures, start=1):
        columns = [(split, f"{split}/{measure}") for split in SPLIT_COLOURS]
        if measure == "learning_rate":
            columns = [(measure, measure)]
        for name, column in columns:
            if column not in history:
                continue
            # an epoch without a validation has no value, and the curve goes on to the next one that has
            drawn = history[history[column].notna()]
            figure.add_trace(
                Scatter(
                    x=drawn["epoch"].tolist(),
                    y=drawn[column].tolist(),
                    mode="lines+markers",
                    name=name.replace("_", " "),
                    legendgroup=name,
                    showlegend=measure == "loss",
                    line={"color": SPLIT_COLOURS.get(name, NEUTRAL)},
                    hovertemplate="%{y:.2%}" if measure == "accuracy" else "%{y:.4g}",
                ),
                row=row,
                col=1,
            )
        figure.update_yaxes(title=measure.replace("_", " "), automargin=True, row=row, col=1)
        if measure != "accuracy":
            figure.update_yaxes(rangemode="tozero", row=row, col=1)
    figure.update_yaxes(tickformat=".0%", row=2, col=1)
    figure.update_xaxes(title="epoch", row=len(measures), col=1)
    if len(history) < 10:
        figure.update_xaxes(dtick=1)
    return finish(
        figure,
        "Learning curves",
        subtitle,
        height=220 * len(measures) + 130,
        hovermode="x unified",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.01, "yanchor": "bottom"},
    )
