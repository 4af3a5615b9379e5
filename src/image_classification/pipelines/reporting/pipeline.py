"""The reporting pipeline: from what a run measured to what a person looks at."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.reporting.documents import write_model_card, write_report
from image_classification.pipelines.reporting.nodes import (
    draw_network,
    draw_overview,
    plot_calibration_curve,
    plot_class_balance,
    plot_class_samples,
    plot_class_scores,
    plot_confusion_matrix,
    plot_hardest_mistakes,
    plot_learning_curves,
)

FIGURES = (
    "learning_curves",
    "confusion_matrix",
    "class_scores",
    "calibration_curve",
    "hardest_mistakes",
    "class_balance",
    "class_samples",
    "network_diagram",
)


def create_pipeline(source: str, *, audit: str | None = None) -> Pipeline:
    """Draw the figures of the last training and write its documents.

    Args:
        source: whose images it was trained on, such as `mnist`.
        audit: the dataset of the source, without the source's name, that has what an audit found.
    """
    from_source = ["image_statistics", "train_set", "test_set", *([audit] if audit else [])]
    return Pipeline(
        [*_figures(), _overview(), *_documents(audit)],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="reporting",
        prefix_datasets_with_namespace=False,
    )


def _figures() -> list[Node]:
    # a function, its inputs and the figure that it draws
    wiring: list[tuple[Callable[..., Any], list[str], str]] = [
        (plot_learning_curves, ["history", "trained_network"], "learning_curves"),
        (plot_confusion_matrix, ["predictions", "trained_network"], "confusion_matrix"),
        (plot_calibration_curve, ["predictions", "trained_network"], "calibration_curve"),
        (plot_class_scores, ["class_metrics", "trained_network"], "class_scores"),
        (
            plot_hardest_mistakes,
            ["predictions", "test_set", "trained_network", "params:reporting.mistakes"],
            "hardest_mistakes",
        ),
        (
            plot_class_samples,
            ["train_set", "image_statistics", "params:reporting.samples_per_class"],
            "class_samples",
        ),
        (plot_class_balance, ["image_statistics"], "class_balance"),
        (draw_network, ["trained_network"], "network_diagram"),
    ]
    return [Node(function, inputs, figure, name=function.__name__) for function, inputs, figure in wiring]


def _overview() -> Node:
    return Node(
        draw_overview,
        ["history", "predictions", "test_set", "trained_network"],
        "overview",
        name="draw_overview",
    )


def _documents(audit: str | None) -> list[Node]:
    of_all = ("trained_network", "training_record", "metrics", "class_metrics", "image_statistics")
    of_the_report = (*of_all, "history", *FIGURES)
    return [
        Node(
            write_report,
            {name: name for name in of_the_report} | ({"audit": audit} if audit else {}),
            "report",
            name="write_report",
        ),
        Node(
            write_model_card,
            [*of_all, "params:reporting.model_card"],
            "model_card",
            name="write_model_card",
        ),
    ]
