"""Nodes of the reporting pipeline: the figures, one row each, from which wiring and report follow."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from kedro.pipeline import Node
from plotly.graph_objects import Figure
from torch import Tensor

from image_classification.errors import UserError
from image_classification.evaluation.documents import SECTIONS
from image_classification.evaluation.figures.answers import answers_figure
from image_classification.evaluation.figures.calibration_curve import calibration_curve_figure
from image_classification.evaluation.figures.class_bars import class_balance_figure, class_metrics_figure
from image_classification.evaluation.figures.confusion_matrix import confusion_matrix_figure
from image_classification.evaluation.figures.learning_curves import learning_curves_figure
from image_classification.evaluation.figures.learning_rate_test import learning_rate_test_figure
from image_classification.evaluation.figures.mistakes import hardest_mistakes, mistakes_figure
from image_classification.evaluation.figures.network_diagram import network_diagram_figure
from image_classification.evaluation.figures.samples import rows_of_samples, samples_figure
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import confusion_counts
from image_classification.evaluation.scores import calibration_bins
from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.rate_finder.suggestion import suggested_rate
from image_classification.networks import Classifier
from image_classification.networks.layers import describe_layers
from image_classification.words import count_of


def plot_learning_curves(history: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw loss and accuracy per epoch, on the training and the validation images, and the learning rate."""
    return learning_curves_figure(history, _subject(trained_network))


def plot_learning_rate_test(learning_rate_test: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw the loss over the learning rate, where rates were tried before the training."""
    found = suggested_rate(learning_rate_test)
    return learning_rate_test_figure(learning_rate_test, found, _subject(trained_network))


def plot_confusion_matrix(predictions: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw which classes the network mistakes for which, on the test images."""
    counts = confusion_counts(predictions, trained_network.description.class_names)
    return confusion_matrix_figure(counts, _result(predictions, trained_network))


def plot_calibration_curve(
    predictions: pd.DataFrame, metrics: Mapping[str, Any], trained_network: Classifier
) -> Figure:
    """Draw the accuracy of the predictions at each level of confidence, on the test images."""
    options = EvaluationOptions.model_validate(metrics.get("evaluation", {}))
    bins = calibration_bins(predictions, options.calibration_bins)
    return calibration_curve_figure(bins, _subject(trained_network))


def plot_answers(predictions: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw the accuracy of the answers over the share of the test images that are answered."""
    calibration = trained_network.description.calibration
    return answers_figure(predictions, calibration.right if calibration else None, _subject(trained_network))


def plot_class_scores(class_metrics: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw how well each class is recognised, on the test images."""
    return class_metrics_figure(class_metrics, _subject(trained_network))


def plot_hardest_mistakes(
    predictions: pd.DataFrame, test_set: ImageTensorDataset, trained_network: Classifier, number: int
) -> Figure:
    """Show the test images that the network is most sure are something else."""
    mistakes = hardest_mistakes(predictions, number)
    images = _test_images(mistakes, test_set, trained_network)
    wrong = int((~predictions["correct"]).sum())
    which = f"{len(mistakes)} of {count_of(wrong, 'mistake')}" if wrong else "no mistakes"
    subject = f"{_subject(trained_network)}: {which} on {count_of(len(predictions), 'test image')}"
    return mistakes_figure(mistakes, images, subject)


def plot_class_samples(
    train_set: ImageTensorDataset, image_statistics: ImageStatistics, per_class: int
) -> Figure:
    """Show some training images of every class."""
    rows = rows_of_samples(train_set.labels[train_set.rows], train_set.class_names, per_class)
    samples = [train_set[indices][0] for indices in rows]
    return samples_figure(samples, train_set.class_names, f"{image_statistics['data_name']}, training images")


def plot_class_balance(image_statistics: ImageStatistics) -> Figure:
    """Draw how many images of each class there are in each split."""
    names = image_statistics["class_names"]
    return class_balance_figure(image_statistics["counts"], names, image_statistics["data_name"])


def draw_network(trained_network: Classifier) -> Figure:
    """Draw the layers of the network with the shapes of their outputs and their parameters."""
    layers = describe_layers(trained_network, trained_network.description.image_shape)
    total = sum(parameter.numel() for parameter in trained_network.parameters())
    return network_diagram_figure(layers, total, f"{_subject(trained_network)}: {total:,} parameters")


def draw_overview(
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    test_set: ImageTensorDataset,
    trained_network: Classifier,
) -> Any:
    """Draw curves, confusion matrix and hardest mistakes as one picture, to compare with other runs'.

    Returns:
        A figure of matplotlib.
    """
    # it imports matplotlib, a fifth of a second, for those alone who report
    from image_classification.evaluation.figures.overview import (  # noqa: PLC0415
        SHOWN_MISTAKES,
        overview_figure,
    )

    counts = confusion_counts(predictions, trained_network.description.class_names)
    mistakes = hardest_mistakes(predictions, SHOWN_MISTAKES)
    images = _test_images(mistakes, test_set, trained_network)
    return overview_figure(history, counts, mistakes, images, _result(predictions, trained_network))


def _test_images(mistakes: pd.DataFrame, test_set: ImageTensorDataset, network: Classifier) -> Tensor:
    """Return the images (n, C, H, W) uint8 of some predictions.

    Raises:
        UserError: they are of another test set.
    """
    rows = pd.Index(test_set.names).get_indexer(pd.Index(mistakes["name"]))
    if (rows < 0).any():
        raise UserError(
            f"The predictions are of other images than the test set of {test_set.store.data_name} has: "
            f"{mistakes['name'].iloc[0]!r} is not in it.\nThe network was trained on "
            f"{network.description.data_name}. Report on those images (--pipeline reporting, "
            "folder_reporting or idx_reporting), or train again."
        )
    images: Tensor = test_set[rows.tolist()][0]
    return images


def _result(predictions: pd.DataFrame, network: Classifier) -> str:
    share = f"{predictions['correct'].mean():.2%} of " if len(predictions) else ""
    return f"{_subject(network)}: {share}{count_of(len(predictions), 'test image')} correct"


def _subject(network: Classifier) -> str:
    return f"{network.description.shown_name} on {network.description.data_name}"


class ReportFigure(NamedTuple):
    """A figure of the report.

    Attributes:
        name: of its file, data/08_reporting/<name>.json; its dataset is <name>_figure.
        function: draws it.
        inputs: the datasets and parameters that the function takes.
        section: of the report, one of `SECTIONS`.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    section: str

    @property
    def dataset(self) -> str:
        """Return the name of its dataset, which the catalog has a pattern for."""
        return f"{self.name}_figure"

    @property
    def node(self) -> Node:
        """Return the node that draws it.

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
    ReportFigure("learning_rate_test", plot_learning_rate_test,
                 ("learning_rate_test", "trained_network"), "training"),
    ReportFigure("confusion_matrix", plot_confusion_matrix, _PREDICTED, "results"),
    ReportFigure("class_scores", plot_class_scores, ("class_metrics", "trained_network"), "results"),
    ReportFigure("calibration_curve", plot_calibration_curve,
                 ("predictions", "metrics", "trained_network"), "results"),
    ReportFigure("answers", plot_answers, _PREDICTED, "results"),
    ReportFigure("hardest_mistakes", plot_hardest_mistakes,
                 ("predictions", "test_set", "trained_network", "params:reporting.mistakes"), "mistakes"),
    ReportFigure("network_diagram", draw_network, ("trained_network",), "network"),
)
# fmt: on
