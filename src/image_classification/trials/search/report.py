"""The report of a search: one page that needs nothing else."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.documents import fill_template, in_a_page
from image_classification.evaluation.metric_table import is_share
from image_classification.evaluation.training_record import SeveralTrainingsRecord
from image_classification.images.store.statistics import ImageStatistics, split_sizes
from image_classification.words import count_of


class SearchRecord(SeveralTrainingsRecord):
    """Facts about the trainings of a search.

    metric: what was measured.
    direction: minimize or maximize.
    space: what was tried, by parameter, in words.
    best: the values of the best training, as text by parameter.
    best_value: what it came to.
    best_trial: its number, 1, 2, …
    use: the command that trains with them.
    """

    metric: str
    direction: str
    space: dict[str, str]
    best: dict[str, str]
    best_value: float
    best_trial: int
    use: str


def build_search_report(
    table: pd.DataFrame,
    record: SearchRecord,
    statistics: ImageStatistics,
    figures: Mapping[str, Mapping[str, Figure]],
) -> str:
    """Write the report as HTML.

    Args:
        table: a row per training.
        record: of the search.
        statistics: of the data.
        figures: by their name, in the sections that show them.
    """
    counts = table["state"].value_counts().to_dict()
    lowest_first = record["direction"] == "minimize"
    ranked = table.sort_values("value", ascending=lowest_first, na_position="last", kind="stable")
    return fill_template(
        "search.html.jinja",
        record=record,
        statistics=statistics,
        split_sizes=split_sizes(statistics),
        value=shown_metric(record["metric"], record["best_value"]),
        counts=", ".join(f"{count:,} {state}" for state, count in counts.items()),
        trainings=count_of(len(table), "training"),
        columns=["training", "state", record["metric"], "epochs", "seconds", *record["space"], "why"],
        rows=[_row(row, record) for row in ranked.to_dict("records")],
        **in_a_page(figures),
    )


def shown_metric(metric: str, value: float) -> str:
    """Return the value of a metric as a person reads it."""
    if pd.isna(value):
        return "–"
    return f"{value:.2%}" if is_share(metric) else f"{value:.4f}"


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"


def _row(row: Mapping[Any, Any], record: SearchRecord) -> list[str]:
    drawn = [row[name] for name in record["space"]]
    return [
        f"{row['trial']}",
        row["state"],
        shown_metric(record["metric"], row["value"]),
        "–" if pd.isna(row["epochs"]) else f"{row['epochs']:.0f}",
        "–" if pd.isna(row["seconds"]) else f"{row['seconds']:.1f}",
        *map(_shown, drawn),
        row["why"],
    ]
