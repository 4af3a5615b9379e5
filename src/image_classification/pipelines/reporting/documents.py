"""Nodes of the reporting pipeline: the documents that a person can send."""

from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.errors import UserError
from image_classification.evaluation.documents import (
    SECTIONS,
    EvaluatedNetwork,
    build_model_card,
    build_report,
)
from image_classification.evaluation.figures.style import shows_anything
from image_classification.evaluation.options import ModelCardOptions
from image_classification.evaluation.training_record import TrainingRecord
from image_classification.images.store.statistics import ImageStatistics
from image_classification.networks import Classifier
from image_classification.pipelines.reporting.figures import FIGURES


def write_report(
    trained_network: Classifier,
    training_record: TrainingRecord,
    history: pd.DataFrame,
    metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    image_statistics: ImageStatistics,
    audit: pd.DataFrame | None = None,
    **figures: Figure,
) -> str:
    """Put figures, numbers, parameters and how to reproduce them into one page that opens anywhere."""
    evaluated = _evaluated(trained_network, training_record, metrics, class_metrics, image_statistics)
    by_section = {
        section: {
            row.name: figures[row.name]
            for row in FIGURES
            if row.section == section and shows_anything(figures[row.name])
        }
        for section in SECTIONS
    }
    return build_report(evaluated, history, by_section, audit)


def write_model_card(
    trained_network: Classifier,
    training_record: TrainingRecord,
    metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    image_statistics: ImageStatistics,
    words: ModelCardOptions,
) -> str:
    """Say what somebody has to know who is about to use the network."""
    evaluated = _evaluated(trained_network, training_record, metrics, class_metrics, image_statistics)
    return build_model_card(evaluated, words, settings="conf/base/parameters_reporting.yml")


def _evaluated(
    network: Classifier,
    record: TrainingRecord,
    metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    statistics: ImageStatistics,
) -> EvaluatedNetwork:
    """Put together what belongs together.

    Raises:
        UserError: it does not.
    """
    network.description.require_data(statistics["data_name"], statistics["index_digest"])
    try:
        return EvaluatedNetwork(network, record, metrics, class_metrics, statistics)
    except UserError as error:
        raise UserError(
            f"{error}\nkedro run --from-nodes modelling.evaluate_network --pipeline modelling "
            "(folder_modelling or idx_modelling for those sources)"
        ) from error
