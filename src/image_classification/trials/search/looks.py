"""Optuna's figures as they look beside the others: in the same words, and to be seen on white."""

import re
from typing import Any

from plotly.graph_objects import Figure

from image_classification.evaluation.metric_table import is_share

# its lightest colours are almost white
_SHADE = 0.8
_BEST = "Best Value"


def from_one(figure: Figure) -> Figure:
    """Number the trainings of a history from 1, as everywhere else."""
    for trace in figure.data:
        trace.x = [number + 1 for number in trace.x]
        trace.name = "best so far" if trace.name == _BEST else trace.name
    return figure.update_xaxes(title="training")


def of_parameters(figure: Figure) -> Figure:
    """Name what importances are of."""
    figure.update_xaxes(title="share of the differences, of what every training had")
    return figure.update_yaxes(title="")


def by_value(figure: Figure) -> Figure:
    """Show values of lists as they are written, and trainings by their numbers from 1."""
    for trace in figure.data:
        if trace.marker.color is not None and not isinstance(trace.marker.color, str):
            trace.marker.color = [number + 1 for number in trace.marker.color]
            trace.marker.colorbar.title.text = "training"
        if any(isinstance(value, str) for value in trace.x):
            axis = figure.layout[f"xaxis{(trace.xaxis or 'x')[1:]}"]
            # to axes of numbers texts of numbers would be numbers
            axis.type = "category"
            axis.categoryarray = [_unquoted(value) for value in axis.categoryarray or ()] or None
            trace.x = [_unquoted(value) for value in trace.x]
    return shaded(figure)


def shaded(figure: Figure) -> Figure:
    """Darken the colours of values."""
    for trace in figure.data:
        if trace.line and str(trace.line.color).startswith("rgb("):
            trace.line.color = _darker(trace.line.color)
        if trace.marker and trace.marker.colorscale:
            trace.marker.colorscale = [[place, _darker(each)] for place, each in trace.marker.colorscale]
    return figure


def in_percent(figure: Figure, metric: str) -> Figure:
    """Write a metric that is a share in per cent."""
    return figure.update_yaxes(tickformat=".1~%") if is_share(metric) else figure


def _unquoted(value: Any) -> Any:
    return value[1:-1] if isinstance(value, str) and re.fullmatch(r"'.*'", value, re.DOTALL) else value


def _darker(colour: str) -> str:
    """Return a shade of rgb(…), anything else as it is."""
    if not colour.startswith("rgb("):
        return colour
    return f"rgb({', '.join(f'{_SHADE * float(part):.0f}' for part in re.findall(r'[0-9.]+', colour))})"
