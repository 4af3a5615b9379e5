"""The report of trainings with several seeds: one page that needs nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.cross_validation import shown_bounds
from image_classification.evaluation.documents import fill_template, in_a_page
from image_classification.evaluation.metric_table import METRICS
from image_classification.evaluation.stability import SPLITS
from image_classification.evaluation.training_record import SeveralTrainingsRecord
from image_classification.images.store.statistics import ImageStatistics, split_sizes
from image_classification.networks.first_weights import PretrainedWeights

# what is shown of each seed
_OF_A_SEED = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "loss")


@dataclass(frozen=True)
class Stability:
    """What is known of trainings with several seeds.

    Args:
        summary: over the seeds.
        runs: a row per seed.
        record: of the trainings.
        statistics: of the data.
    """

    summary: Mapping[str, Any]
    runs: pd.DataFrame
    record: SeveralTrainingsRecord
    statistics: ImageStatistics


class OfSeeds(NamedTuple):
    """A metric over the seeds, as a person reads it."""

    label: str
    mean: str
    std: str
    interval: str
    spread: str
    meaning: str


def build_stability_report(of: Stability, figures: Mapping[str, Mapping[str, Figure]]) -> str:
    """Write the report as HTML.

    Args:
        of: what it is about.
        figures: by their name, in the sections that show them.
    """
    weights, metrics = of.record["weights"], of.summary["metrics"]
    columns, rows = _rows_of_seeds(of.runs)
    return fill_template(
        "stability.html.jinja",
        summary=of.summary,
        record=of.record,
        statistics=of.statistics,
        split_sizes=split_sizes(of.statistics),
        by_split={split: list(over_seeds(metrics[split])) for split in SPLITS if split in metrics},
        columns=columns,
        rows=rows,
        weights=PretrainedWeights.model_validate(weights) if weights else None,
        parameters=of.record["parameters"] | {"stability.seeds": len(of.runs)},
        **in_a_page(figures),
    )


def over_seeds(metrics: Mapping[str, Mapping[str, float]]) -> Iterator[OfSeeds]:
    """Yield the metrics of one split in words, in the order of the report."""
    for metric in METRICS:
        for name, k in metric.names_among(metrics):
            values = metrics[name]
            lower, upper = shown_bounds(name, values)
            yield OfSeeds(
                metric.label.format(k=k),
                metric.shown(values["mean"]),
                metric.shown(values["std"]),
                f"{metric.shown(lower)} to {metric.shown(upper)}",
                f"{metric.shown(values['lowest'])} to {metric.shown(values['highest'])}",
                metric.meaning.format(k=k),
            )


def _rows_of_seeds(runs: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of the table of the seeds."""
    shown = [
        (metric, split, f"{split}/{metric.name}")
        for split in SPLITS
        for metric in METRICS
        if metric.name in _OF_A_SEED and f"{split}/{metric.name}" in runs
    ]
    headings = ["seed", "seconds", *(f"{split}: {metric.label}" for metric, split, _ in shown)]
    rows = [
        [
            f"{row['seed']}",
            f"{row['seconds']:.1f}",
            *("–" if pd.isna(row[name]) else metric.shown(row[name]) for metric, _, name in shown),
        ]
        for row in runs.to_dict("records")
    ]
    return headings, rows
