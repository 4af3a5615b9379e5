"""Nodes of the reporting pipeline: the documents that a person can send."""

from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.evaluation.model_card import build_model_card
from image_classification.evaluation.report import build_report
from image_classification.evaluation.training_record import TrainingRecord
from image_classification.images.statistics import ImageStatistics
from image_classification.networks import Classifier
from image_classification.parameters.reporting import ModelCardParameters


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
    return build_report(
        trained_network,
        training_record,
        history,
        metrics,
        class_metrics,
        image_statistics,
        figures=figures,
        audit=audit,
    )


def write_model_card(
    trained_network: Classifier,
    training_record: TrainingRecord,
    metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    image_statistics: ImageStatistics,
    words: ModelCardParameters,
) -> str:
    """Say what somebody has to know who is about to use the network."""
    return build_model_card(trained_network, training_record, metrics, class_metrics, image_statistics, words)
