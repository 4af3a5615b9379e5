"""The curves of several trainings in one figure, those of one name together: what else differs is luck."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

from image_classification.evaluation.figures.style import NEUTRAL, finish, new_figure, plotly_text

MEASURES = {
    "train/loss": "training loss",
    "validation/loss": "validation loss",
    "validation/accuracy": "validation accuracy",
}
# dashes tell apart what colours alone would not, so many of them
_COLOURS = ("#1f77b4", "#e6730b", "#2a9d8f", "#d1495b", "#8f6bc4", "#a6812b")
_DASHES = ("solid", "dash", "dot", "dashdot")
_LOOKS = [{"color": colour, "dash": dash} for dash, colour in product(_DASHES, _COLOURS)]
_OTHERS = {"color": NEUTRAL, "dash": "solid", "width": 1}
# numbers at a logarithmic axis
_TICKS = [digit * 10.0**power for power in range(-9, 10) for digit in (1, 3)]


def trainings_figure(
    history: pd.DataFrame,
    names: Mapping[int, str],
    subtitle: str,
    measures: Mapping[str, str] = MEASURES,
) -> Figure:
    """Draw the mean of the trainings of each name, and thin lines for each of them, epoch by epoch.

    Args:
        history: a row per training and epoch: trial, epoch, and what was measured.
        names: of the trainings; the first names get colours, as many as can be told apart.
        subtitle: what was trained on which data.
        measures: the columns that are drawn, one below the other, and what they are; losses by their
            magnitudes. What the history lacks is not drawn.
    """
    shown = {column: words for column, words in measures.items() if column in history}
    figure = make_subplots(
        figure=new_figure(), rows=max(1, len(shown)), shared_xaxes=True, vertical_spacing=0.06
    )
    named = history.assign(name=history["trial"].map(names))
    for row, (column, words) in enumerate(shown.items(), 1):
        for place, name in enumerate(dict.fromkeys(names.values())):
            look = _LOOKS[place] if place < len(_LOOKS) else _OTHERS
            for trace in _curves(named[named["name"] == name], column, name, look):
                trace.showlegend = bool(trace.showlegend and row == 1 and look is not _OTHERS)
                figure.add_trace(trace, row=row, col=1)
        axis = {"tickformat": ".0%"} if column.endswith("accuracy") else {"type": "log", "tickvals": _TICKS}
        figure.update_yaxes(title=words, automargin=True, row=row, col=1, **axis)
    figure.update_xaxes(title="epoch", row=max(1, len(shown)), col=1)
    if not len(history) or history["epoch"].max() < 10:
        figure.update_xaxes(dtick=1)
    return finish(figure, "Learning curves", subtitle, height=240 * max(1, len(shown)) + 130)


def _curves(rows: pd.DataFrame, column: str, name: str, look: Mapping[str, object]) -> Sequence[Scatter]:
    """Return a thin line for each training where there are several, and one for their mean."""
    rows = rows[np.isfinite(rows[column].astype("float64"))]
    each = [group for _, group in rows.groupby("trial")]
    # an epoch that some did not come to, as they were ended early, has no mean
    by_epoch = rows.groupby("epoch")[column]
    mean = by_epoch.mean()[by_epoch.size() == len(each)]
    common = {"mode": "lines", "name": plotly_text(name), "legendgroup": name, "showlegend": False}
    number = ".2%" if column.endswith("accuracy") else ".4g"
    hover = f"%{{fullData.name}}, epoch %{{x}}: %{{y:{number}}}<extra></extra>"
    thin = [
        Scatter(
            x=group["epoch"].tolist(),
            y=group[column].tolist(),
            line={**look, "width": 1},
            opacity=0.45,
            hovertemplate=hover,
            **common,
        )
        for group in each
        if len(each) > 1
    ]
    line = {"width": 2, **look}
    bold = Scatter(
        x=mean.index.tolist(),
        y=mean.tolist(),
        line=line,
        hovertemplate=hover,
        **{**common, "mode": "lines+markers" if len(mean) < 10 else "lines", "showlegend": True},
    )
    return [*thin, bold]
