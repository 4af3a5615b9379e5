"""How much trainings differ that differ in their seed only: curves as bands, and metrics as dots."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from image_classification.evaluation.figures.style import SPLIT_COLOURS, finish, new_figure
from image_classification.evaluation.metric_table import METRICS
from image_classification.evaluation.stability import SPLITS

_MEASURES = ("loss", "accuracy")
_OPACITY = 0.18  # of a band


def seed_curves_figure(history: pd.DataFrame, subtitle: str) -> Figure:
    """Draw mean and standard deviation of loss and accuracy per epoch over the seeds.

    Args:
        history: a row per seed and epoch, as the training loop returns them; what it lacks is not drawn.
        subtitle: what was trained on which data.
    """
    figure = make_subplots(figure=new_figure(), rows=len(_MEASURES), shared_xaxes=True, vertical_spacing=0.06)
    for row, measure in enumerate(_MEASURES, 1):
        for split, colour in SPLIT_COLOURS.items():
            if (column := f"{split}/{measure}") in history:
                _draw_band(figure, history, column, split, colour, row)
        figure.update_yaxes(title=measure, automargin=True, row=row, col=1)
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    figure.update_yaxes(tickformat=".0%", row=2, col=1)
    figure.update_xaxes(title="epoch", row=len(_MEASURES), col=1)
    if not len(history) or history["epoch"].max() < 10:
        figure.update_xaxes(dtick=1)
    return finish(
        figure,
        "Learning curves, mean ± standard deviation of the seeds",
        subtitle,
        height=220 * len(_MEASURES) + 130,
        hovermode="x unified",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.01, "yanchor": "bottom"},
    )


def _draw_band(figure: Figure, history: pd.DataFrame, column: str, split: str, colour: str, row: int) -> None:
    by_epoch = history[history[column].notna()].groupby("epoch")[column]
    mean, std = by_epoch.mean(), by_epoch.std(ddof=1).fillna(0.0)
    epochs = mean.index.tolist()
    look: Mapping[str, Any] = {"legendgroup": split, "hoverinfo": "skip", "showlegend": False}
    around = [*(mean + std).tolist(), *(mean - std).tolist()[::-1]]
    figure.add_trace(
        Scatter(
            x=[*epochs, *epochs[::-1]],
            y=around,
            fill="toself",
            fillcolor=_seen_through(colour),
            line={"width": 0},
            mode="lines",
            **look,
        ),
        row=row,
        col=1,
    )
    number = ".2%" if column.endswith("accuracy") else ".4f"
    figure.add_trace(
        Scatter(
            x=epochs,
            y=mean.tolist(),
            customdata=std.tolist(),
            mode="lines+markers",
            name=split,
            legendgroup=split,
            showlegend=row == 1,
            line={"color": colour},
            hovertemplate=f"%{{y:{number}}} ± %{{customdata:{number}}}",
        ),
        row=row,
        col=1,
    )


def _seen_through(colour: str) -> str:
    """Return a colour such as #1f77b4 as one that what is below shines through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {_OPACITY})"


def seed_metrics_figure(runs: pd.DataFrame, summary: Mapping[str, Any], subtitle: str) -> Figure:
    """Draw how far the metrics that are shares are from their mean, a dot per seed, with its interval.

    From the mean, as all that matters lies within a few points of a hundred, each metric at another place.

    Args:
        runs: a row per seed, with validation/<metric> and test/<metric>.
        summary: by split and metric: mean, lower, upper.
        subtitle: what was trained on which data.
    """
    shares = [metric for metric in METRICS if metric.is_share and "{" not in metric.name]
    figure = new_figure()
    most = 0
    for split in SPLITS:
        shown = [metric for metric in shares if metric.name in summary.get(split, {})]
        if shown:
            most = max(most, len(shown))
            figure.add_trace(_means(split, [summary[split][metric.name] for metric in shown], shown))
            figure.add_trace(_dots(runs, split, summary[split], shown))
    figure.update_xaxes(tickformat="+.2~f", title="percentage points from the mean", automargin=True)
    figure.update_yaxes(autorange="reversed", automargin=True)
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.01, "yanchor": "bottom"}
    height = 36 * most + 190
    return finish(figure, "Metrics of each seed", subtitle, height=height, scattermode="group", legend=legend)


def _means(split: str, values: list[Mapping[str, float]], shown: list[Any]) -> Scatter:
    half = [100 * (each["upper"] - each["mean"]) for each in values]
    return Scatter(
        x=[0.0] * len(shown),
        y=[metric.label for metric in shown],
        customdata=[each["mean"] for each in values],
        error_x={"array": half, "thickness": 1.5},
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 14, "color": SPLIT_COLOURS[split]},
        name=f"{split}, mean and interval",
        offsetgroup=split,
        orientation="h",
        hovertemplate="mean %{customdata:.2%}",
    )


def _dots(runs: pd.DataFrame, split: str, summary: Mapping[str, Any], shown: list[Any]) -> Scatter:
    points = [
        (metric, float(value), int(seed))
        for metric in shown
        for value, seed in zip(runs[f"{split}/{metric.name}"], runs["seed"], strict=True)
    ]
    return Scatter(
        x=[100 * (value - summary[metric.name]["mean"]) for metric, value, _ in points],
        y=[metric.label for metric, _, _ in points],
        customdata=[value for _, value, _ in points],
        text=[f"seed {seed}" for _, _, seed in points],
        mode="markers",
        marker={"size": 7, "opacity": 0.55, "color": SPLIT_COLOURS[split]},
        name=f"{split}, each seed",
        offsetgroup=split,
        orientation="h",
        hovertemplate="%{text}: %{customdata:.2%}",
    )
