"""The report of a run: one HTML file that needs nothing else, neither a server nor a network."""

import base64
import zlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.documents.templates import fill
from image_classification.evaluation.documents.training_record import (
    TrainingRecord,
    parameters_of,
    require_metrics_of,
    weights_digest,
)
from image_classification.evaluation.metric_table import accuracy_interval, describe_metrics
from image_classification.images.store.statistics import ImageStatistics, untrained_classes
from image_classification.networks import Classifier

# what the report is divided into, where figures are shown
SECTIONS = ("data", "training", "results", "mistakes", "network")


def build_report(
    network: Classifier,
    record: TrainingRecord,
    history: pd.DataFrame,
    metrics: Mapping[str, Any],
    class_metrics: pd.DataFrame,
    statistics: ImageStatistics,
    figures: Mapping[str, Mapping[str, Figure]],
    audit: pd.DataFrame | None = None,
) -> str:
    """Write the report as HTML.

    Args:
        network: the trained network.
        record: of its training.
        history: a row per epoch.
        metrics: of the evaluation, by name.
        class_metrics: a row per class.
        statistics: of the data.
        figures: by their name, in the sections that show them.
        audit: what was found wrong with the images, a row per finding, if somebody looked.

    Returns:
        The text of the file, about 2 MB, most of it plotly.js, which is compressed.

    Raises:
        UserError: the metrics are of other weights.
    """
    require_metrics_of(network, metrics)
    return fill(
        "report.html.jinja",
        parameters=parameters_of(record, metrics),
        network=network,
        description=network.description,
        record=record,
        is_of_this_network=record["weights_digest"] == weights_digest(network),
        history=history,
        metrics=metrics,
        described_metrics=describe_metrics(metrics),
        interval=accuracy_interval(metrics),
        class_metrics=class_metrics.to_dict("records"),
        statistics=statistics,
        split_sizes={split: sum(counts.values()) for split, counts in statistics["counts"].items()},
        untrained=untrained_classes(statistics),
        audit=None if audit is None else _readable(audit),
        shown=figures,
        figures={
            name: _script_safe(figure.to_json())
            for of_section in figures.values()
            for name, figure in of_section.items()
        },
        plotly=_packed_plotly(),
    )


def _readable(audit: pd.DataFrame) -> pd.DataFrame:
    """The findings as a person reads them: what does not apply to one is empty."""

    def shown(value: Any) -> Any:
        if isinstance(value, bool | np.bool_):
            return "yes" if value else ""
        return "" if pd.isna(value) or (isinstance(value, int | np.integer) and value < 0) else value

    return audit.astype("object").map(shown)


def _packed_plotly() -> str:
    """The library that draws the figures, compressed, in base64."""
    # plotly.offline has a function for it, but to import that gives Python's warnings another form
    library = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return base64.b64encode(zlib.compress(library)).decode("ascii")


def _script_safe(json: str) -> str:
    """JSON that no browser takes for the end of the script that it stands in."""
    return json.replace("<", "\\u003c")
