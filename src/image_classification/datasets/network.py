"""A classifier as a Kedro dataset."""

import json
from pathlib import Path

from kedro.io import DatasetError

from image_classification.datasets.local import LocalDataset, PlotlyPreview, once_made
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.evaluation.figures.network_diagram import network_diagram_figure
from image_classification.networks import Classifier
from image_classification.networks.layers import describe_layers
from image_classification.networks.storage import load_classifier, save_classifier


class NetworkDataset(LocalDataset[Classifier, Classifier]):
    """Save a classifier's weights and description in a safetensors file; load it on the CPU, to evaluate."""

    def save(self, data: Classifier) -> None:
        """Replace the file whole."""
        with passing_user_errors():
            save_classifier(data, self._save_path)

    def load(self) -> Classifier:
        """Rebuild the classifier.

        Raises:
            UserError: the file is not a classifier of this project, or is damaged.
        """
        with explaining(path := self._load_path):
            return load_classifier(path)

    @once_made
    def preview(self) -> PlotlyPreview:
        """Show the layers in kedro-viz."""
        classifier = load_classifier(self._load_path)
        description = classifier.description
        layers = describe_layers(classifier, description.image_shape)
        subject = f"{description.shown_name} on {description.data_name}"
        figure = network_diagram_figure(layers, classifier.num_parameters, subject)
        return PlotlyPreview(json.loads(figure.to_json()))


class NetworkFileDataset(LocalDataset[Path, Path]):
    """The place of a classifier's file, for what may do without it: there need not be one."""

    def load(self) -> Path:
        """Return where the file is, or would be."""
        return self._load_path

    def save(self, data: Path) -> None:  # noqa: ARG002
        """Refuse: trainings write it."""
        raise DatasetError("The file of a network is written by a training.")

    def _exists(self) -> bool:
        return True
