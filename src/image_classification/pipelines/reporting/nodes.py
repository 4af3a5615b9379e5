"""Nodes of the reporting pipeline: the pictures of a run."""

import pandas as pd
from matplotlib.figure import Figure

from image_classification.evaluation.figures import confusion_matrix_figure, learning_curves_figure
from image_classification.evaluation.metrics import confusion_counts
from image_classification.networks import Classifier


def plot_learning_curves(history: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw loss and accuracy per epoch, on the training and the validation images."""
    description = trained_network.description
    return learning_curves_figure(
        history, f"Learning curves of {description.network} on {description.data_name}"
    )


def plot_confusion_matrix(predictions: pd.DataFrame, trained_network: Classifier) -> Figure:
    """Draw which classes the network takes for which, on the test images."""
    description = trained_network.description
    accuracy = predictions["correct"].mean()
    title = (
        f"{description.network} on {description.data_name}: "
        f"{accuracy:.2%} of {len(predictions):,} test images are right"
    )
    return confusion_matrix_figure(confusion_counts(predictions, description.class_names), title)
