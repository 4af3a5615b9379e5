"""The figures of a report: one row each, from which wiring, catalog and report follow."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kedro.pipeline import Node

from image_classification.evaluation.documents.report import SECTIONS
from image_classification.pipelines.reporting.nodes import (
    draw_network,
    plot_calibration_curve,
    plot_class_balance,
    plot_class_samples,
    plot_class_scores,
    plot_confusion_matrix,
    plot_hardest_mistakes,
    plot_learning_curves,
)


class ReportFigure(NamedTuple):
    """A figure.

    Attributes:
        name: of its file, data/08_reporting/<name>.json; as a dataset it is <name>_figure.
        function: draws it.
        inputs: the datasets and parameters that the function takes.
        section: of the report: data, training, results, mistakes or network.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    section: str

    @property
    def dataset(self) -> str:
        """The name that the catalog has a pattern for."""
        return f"{self.name}_figure"

    @property
    def node(self) -> Node:
        """The node that draws it.

        Raises:
            ValueError: the report has no such section.
        """
        if self.section not in SECTIONS:
            raise ValueError(f"{self.name}: the report has no section '{self.section}', but {SECTIONS}")
        return Node(self.function, list(self.inputs), self.dataset, name=self.function.__name__)


_PREDICTED = ("predictions", "trained_network")
# fmt: off
FIGURES = (
    ReportFigure("class_balance", plot_class_balance, ("image_statistics",), "data"),
    ReportFigure("class_samples", plot_class_samples,
                 ("train_set", "image_statistics", "params:reporting.samples_per_class"), "data"),
    ReportFigure("learning_curves", plot_learning_curves, ("history", "trained_network"), "training"),
    ReportFigure("confusion_matrix", plot_confusion_matrix, _PREDICTED, "results"),
    ReportFigure("class_scores", plot_class_scores, ("class_metrics", "trained_network"), "results"),
    ReportFigure("calibration_curve", plot_calibration_curve,
                 ("predictions", "metrics", "trained_network"), "results"),
    ReportFigure("hardest_mistakes", plot_hardest_mistakes,
                 ("predictions", "test_set", "trained_network", "params:reporting.mistakes"), "mistakes"),
    ReportFigure("network_diagram", draw_network, ("trained_network",), "network"),
)
# fmt: on
