"""The report of a cross-validation: one page that needs nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.cross_validation import shown_bounds
from image_classification.evaluation.documents import fill_template, in_a_page
from image_classification.evaluation.metric_table import METRICS, Metric
from image_classification.evaluation.training_record import CrossValidationRecord
from image_classification.images.store.corrections import corrections_in_words
from image_classification.images.store.statistics import ImageStatistics, split_sizes
from image_classification.networks.first_weights import PretrainedWeights

# what is shown of each fold, where it was measured
_OF_A_FOLD = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "calibration_error")


@dataclass(frozen=True)
class CrossValidation:
    """What is known of a cross-validation.

    Args:
        summary: over the folds, and over all images.
        fold_metrics: a row per repeat and fold.
        record: of its trainings.
        statistics: of the data.
    """

    summary: Mapping[str, Any]
    fold_metrics: pd.DataFrame
    record: CrossValidationRecord
    statistics: ImageStatistics


class SummedUp(NamedTuple):
    """A metric over the folds, as a person reads it."""

    label: str
    mean: str
    std: str
    interval: str
    all_images: str
    meaning: str


def build_cross_validation_report(of: CrossValidation, figures: Mapping[str, Mapping[str, Figure]]) -> str:
    """Write the report as HTML.

    Args:
        of: what it is about.
        figures: by their name, in the sections that show them.

    Returns:
        The text of the file, about 2 MB, most of it plotly.js, which is compressed.
    """
    summary, weights = of.summary, of.record["weights"]
    metrics = list(summed_up(summary))
    columns, folds = _folds(of)
    divided = {f"cross_validation.{name}": summary[name] for name in ("folds", "repeats")}
    return fill_template(
        "cross_validation.html.jinja",
        summary=summary,
        record=of.record,
        statistics=of.statistics,
        split_sizes=split_sizes(of.statistics),
        corrections=corrections_in_words(of.statistics.get("corrections")),
        accuracy=metrics[0],
        metrics=metrics,
        columns=columns,
        folds=folds,
        weights=PretrainedWeights.model_validate(weights) if weights else None,
        parameters=of.record["parameters"] | divided,
        **in_a_page(figures),
    )


def summed_up(summary: Mapping[str, Any]) -> Iterator[SummedUp]:
    """Yield the metrics of a summary in words, the accuracy first.

    Args:
        summary: as the cross-validation writes it: metrics, with mean, std, lower and upper of each, and
            all_images, with the value over all of them.
    """
    for metric in METRICS:
        for name, k in metric.names_among(summary["metrics"]):
            values, together = summary["metrics"][name], summary["all_images"].get(name)
            lower, upper = shown_bounds(name, values)
            yield SummedUp(
                metric.label.format(k=k),
                metric.shown(values["mean"]),
                metric.shown(values["std"]),
                f"{metric.shown(lower)} to {metric.shown(upper)}",
                "–" if together is None else metric.shown(together),
                metric.meaning.format(k=k),
            )


def _folds(of: CrossValidation) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of the table of the folds, numbered from 1."""
    table = of.fold_metrics
    shown = [metric for metric in METRICS if metric.name in _OF_A_FOLD and metric.name in table]
    repeated = ["repeat"] if of.summary["repeats"] > 1 else []
    headings = [*repeated, "fold", "images", "training images", *(metric.label for metric in shown)]
    return headings, [_row_of_fold(row, repeated, shown) for row in table.to_dict("records")]


def _row_of_fold(row: Mapping[Any, Any], repeated: list[str], shown: list[Metric]) -> list[str]:
    numbers = [f"{row[name] + 1}" for name in (*repeated, "fold")]
    counts = [f"{row[name]:,}" for name in ("images", "training_images")]
    values = ["–" if pd.isna(row[metric.name]) else metric.shown(row[metric.name]) for metric in shown]
    return [*numbers, *counts, *values]
