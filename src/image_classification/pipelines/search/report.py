"""Nodes of a search: its figures, and the page that shows them."""

from collections.abc import Mapping
from typing import Any, Literal, cast

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.figures.trainings import trainings_figure
from image_classification.images.store.statistics import ImageStatistics
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.search_space import read_space
from image_classification.trials.options import SearchOptions
from image_classification.trials.search.report import SearchRecord, build_search_report
from image_classification.words import count_of

# the figures, and the section of the report that shows each
FIGURES = dict.fromkeys(
    ("history", "learning_curves", "importances", "slices", "parallel_coordinates"), "results"
)


def draw_search(
    table: pd.DataFrame,
    history: pd.DataFrame,
    record: SearchRecord,
    image_statistics: ImageStatistics,
    modelling: Mapping[str, Any],
    search: SearchOptions,
) -> dict[str, Figure]:
    """Draw what a search has found."""
    # Optuna comes with it: not for commands that draw no search
    from image_classification.trials.search.figures import (  # noqa: PLC0415
        names_of_trainings,
        search_figures,
        study_of,
    )

    space = read_space(search.space, ModellingOptions.model_validate(modelling))
    direction = cast("Literal['minimize', 'maximize']", record["direction"])
    subtitle = f"{record['metric']} on {image_statistics['data_name']}, {count_of(len(table), 'training')}"
    figures = search_figures(study_of(table, space, direction), record["metric"], subtitle)
    names = names_of_trainings(table, space, lowest_first=direction == "minimize")
    return figures | {"learning_curves": trainings_figure(history, names, subtitle)}


def write_search_report(
    table: pd.DataFrame, record: SearchRecord, image_statistics: ImageStatistics, **figures: Figure
) -> str:
    """Put the best parameters, all trainings and the figures into one page that opens anywhere."""
    shown = {"results": {name: figures[name] for name in FIGURES}}
    return build_search_report(table, record, image_statistics, shown)
