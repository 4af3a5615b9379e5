"""The model card: what somebody has to know who is about to use the network."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from image_classification.evaluation.documents.templates import fill
from image_classification.evaluation.documents.training_record import (
    TrainingRecord,
    require_metrics_of,
    weights_digest,
)
from image_classification.evaluation.metric_table import describe_metrics
from image_classification.evaluation.options import ModelCardOptions
from image_classification.images.store.statistics import ImageStatistics, untrained_classes
from image_classification.networks import Classifier

_WEAKEST = 5


def build_model_card(
    network: Classifier,
    record: TrainingRecord,
    metrics: Mapping[str, Any],
    class_metrics: pd.DataFrame,
    statistics: ImageStatistics,
    words: ModelCardOptions,
) -> str:
    """Write the model card in Markdown, with the sections of Mitchell et al., "Model Cards for Model
    Reporting", 2019.

    Args:
        network: the trained network.
        record: of its training.
        metrics: of the evaluation, by name.
        class_metrics: a row per class.
        statistics: of the data.
        words: what only a person can say, such as what the network is for.

    Raises:
        UserError: the metrics are of other weights.
    """
    require_metrics_of(network, metrics)
    tested = class_metrics[class_metrics["images"] > 0]
    return fill(
        "model_card.md.jinja",
        network=network,
        description=network.description,
        record=record,
        is_of_this_network=record["weights_digest"] == weights_digest(network),
        metrics=metrics,
        described_metrics=describe_metrics(metrics),
        class_metrics=class_metrics.to_dict("records"),
        weakest=tested.nsmallest(_WEAKEST, "f1").to_dict("records"),
        statistics=statistics,
        split_sizes={split: sum(counts.values()) for split, counts in statistics["counts"].items()},
        untrained=untrained_classes(statistics),
        words=words,
    )
