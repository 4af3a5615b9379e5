"""Many runs in one figure: their parameters beside their results, and their learning curves."""

from collections.abc import Hashable, Mapping, Sequence
from math import log10
from typing import Any

import pandas as pd
from plotly.colors import qualitative
from plotly.graph_objects import Figure, Parcoords, Scatter
from plotly.subplots import make_subplots

from image_classification.comparison.configurations import NETWORK, PARAMETER, configuration_columns
from image_classification.comparison.ranking import METRIC
from image_classification.evaluation.figures.style import finish, new_figure, plotly_text
from image_classification.words import some

# with more a figure is unreadable: it shows the first of them and says so
MOST_PARAMETERS = 10
MOST_CONFIGURATIONS = 12
# a range wider than this is drawn logarithmically, as that of learning rates
_WIDE = 50.0
_COLOURS = (*qualitative.D3, *qualitative.Set2)
_PANELS = ("loss", "accuracy")


def parallel_coordinates_figure(
    runs: pd.DataFrame, metric: str, repeated_over: Sequence[str], *, lowest_is_best: bool = False
) -> Figure:
    """Draw each run as a line through its data, its parameters and its result.

    Only parameters in which the runs differ have an axis; drag along an axis to select runs, drag its name to
    move it.

    Args:
        runs: a row per run, as `describe_runs` returns it.
        metric: the result, which also gives each line its colour.
        repeated_over: parameters without an axis, such as the seed.
        lowest_is_best: whether low results get the colours of good ones.
    """
    differing = [
        column
        for column in configuration_columns(runs, repeated_over)
        # an option that only some have, as those of one optimizer, explains nothing if it is the same in all
        if column != NETWORK and runs[column].nunique() > 1
    ]
    # those that most runs have come first
    differing.sort(key=lambda column: (int(runs[column].isna().to_numpy().sum()), column))
    shown, left_out = differing[:MOST_PARAMETERS], differing[MOST_PARAMETERS:]
    axes = (["data"] if runs["data"].nunique() > 1 else []) + [NETWORK] * (NETWORK in runs) + shown
    result = runs[f"{METRIC}{metric}"].astype("float64")
    figure = new_figure(
        Parcoords(
            dimensions=[
                *(_axis(column, runs[column]) for column in axes),
                {"label": f"<b>{plotly_text(metric)}</b>", "values": result.tolist()},
            ],
            line={"color": result.tolist(), "colorscale": "Viridis", "reversescale": lowest_is_best},
            labelangle=-20,
            labelside="top",
        )
    )
    names = some((column.removeprefix(PARAMETER) for column in left_out), 3)
    more = f"; not shown: {names}" if left_out else ""
    return finish(
        figure,
        f"Parameters and {metric} of {_count(len(runs), 'run')}",
        f"an axis per parameter in which the runs differ, except the seed{more}",
        height=520,
        margin={"l": 130, "r": 60, "t": 190, "b": 40},
    )


def compared_curves_figure(curves: pd.DataFrame, runs: pd.DataFrame, leaderboard: pd.DataFrame) -> Figure:
    """Lay the learning curves of all runs over each other: a colour per configuration, a column per data.

    They are the curves of the validation, or, thin and dotted, of the training in a run without validation.

    Args:
        curves: run_id, metric, epoch, value.
        runs: a row per run, as `describe_runs` returns it.
        leaderboard: says which configurations come first, as `rank_configurations` returns it.
    """
    ranked = leaderboard.sort_values("rank", kind="stable")["configuration"].drop_duplicates().tolist()
    shown = ranked[:MOST_CONFIGURATIONS]
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(shown)}
    data_names = leaderboard["data"].drop_duplicates().tolist()
    figure = make_subplots(
        figure=new_figure(),
        rows=len(_PANELS),
        cols=max(len(data_names), 1),
        shared_xaxes=True,
        vertical_spacing=0.08,
        column_titles=[plotly_text(name) for name in data_names] if len(data_names) > 1 else None,
    )
    in_legend: set[str] = set()
    described = {run["run_id"]: run for run in runs.to_dict("records")}
    ordered = curves.sort_values(["run_id", "metric", "epoch"])
    for (run_id, metric), points in ordered.groupby(["run_id", "metric"], sort=False):
        split, measure = str(metric).split("/")
        run = described[str(run_id)]
        if run["configuration"] not in colours or not _is_drawn(split, measure, run):
            continue
        name = run["configuration"]
        curve = _curve(points, str(metric), run, colours[name]).update(showlegend=name not in in_legend)
        figure.add_trace(curve, row=_PANELS.index(measure) + 1, col=data_names.index(run["data"]) + 1)
        in_legend.add(name)
    for row, measure in enumerate(_PANELS, start=1):
        figure.update_yaxes(title={"text": f"validation {measure}"}, row=row, col=1)
    figure.update_xaxes(title={"text": "epoch"}, row=len(_PANELS))
    subtitle = f"{_count(len(runs), 'run')} of {_count(len(ranked), 'configuration')}"
    if len(ranked) > len(shown):
        subtitle += f"; the best {len(shown)} are shown"
    return finish(
        figure,
        "Learning curves compared",
        subtitle,
        height=640 + 22 * len(shown),
        legend={"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top"},
        margin={"l": 70, "r": 30, "t": 110, "b": 60},
    )


def _is_drawn(split: str, measure: str, run: Mapping[Hashable, Any]) -> bool:
    unvalidated = pd.isna(run.get(f"{METRIC}validation/{measure}", None))
    return measure in _PANELS and (split == "validation" or (split == "train" and unvalidated))


def _curve(points: pd.DataFrame, metric: str, run: Mapping[Hashable, Any], colour: str) -> Scatter:
    points = points.drop_duplicates("epoch", keep="last")
    width, dash = (1.8, "solid") if metric.startswith("validation") else (1, "dot")
    return Scatter(
        x=points["epoch"].tolist(),
        y=points["value"].tolist(),
        mode="lines+markers" if len(points) < 3 else "lines",
        name=plotly_text(run["configuration"], 60),
        legendgroup=run["configuration"],
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate=f"{plotly_text(run['name'], 50)}<br>{metric} %{{y:.4g}} in %{{x}}<extra></extra>",
    )


def _axis(column: str, values: pd.Series) -> dict[str, Any]:
    label = plotly_text(column.removeprefix(PARAMETER), 24)
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any():
        codes, names = pd.factorize(values.fillna("–").astype("str"), sort=True)
        return {
            "label": label,
            "values": codes.tolist(),
            "tickvals": list(range(len(names))),
            "ticktext": [plotly_text(name, 20) for name in names],
            "range": [-0.3, len(names) - 0.7],
        }
    ticks = sorted(numbers.unique())
    is_wide = ticks[0] > 0 and ticks[-1] / ticks[0] > _WIDE
    scale = log10 if is_wide else float
    axis = {"label": label, "values": numbers.map(scale).tolist()}
    if is_wide or len(ticks) <= 12:
        axis |= {"tickvals": [scale(tick) for tick in ticks], "ticktext": [f"{tick:g}" for tick in ticks]}
    return axis


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
