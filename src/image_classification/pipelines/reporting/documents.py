"""Nodes of the reporting pipeline: the documents that a person can send."""

from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.documents.model_card import build_model_card
from image_classification.evaluation.documents.report import SECTIONS, build_report
from image_classification.evaluation.documents.training_record import TrainingRecord
from image_classification.evaluation.options import ModelCardOptions
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
    """Put figures, numbers, parameters and the way to get it all again into one page that opens anywhere."""
    trained_network.description.require_data(image_statistics["data_name"], image_statistics["index_digest"])
    return build_report(
        trained_network,
        training_record,
        history,
        metrics,
        class_metrics,
        image_statistics,
        figures={section: _of_section(section, figures) for section in SECTIONS},
        audit=audit,
    )


def _of_section(section: str, figures: dict[str, Figure]) -> dict[str, Figure]:
    return {row.name: figures[row.name] for row in FIGURES if row.section == section}


def write_model_card(
    trained_network: Classifier,
    training_record: TrainingRecord,
    metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    image_statistics: ImageStatistics,
    words: ModelCardOptions,
) -> str:
    """Say what somebody has to know who is about to use the network."""
    trained_network.description.require_data(image_statistics["data_name"], image_statistics["index_digest"])
    return build_model_card(trained_network, training_record, metrics, class_metrics, image_statistics, words)
