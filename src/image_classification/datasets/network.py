"""A classifier as a Kedro dataset."""

import json
from typing import ClassVar

from image_classification.datasets.local import FilePlaceDataset, LocalDataset, PlotlyPreview, once_made
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


class NetworkFileDataset(FilePlaceDataset):
    """The place of a classifier's file, for what may do without it; what is made of it depends on it."""

    is_place: ClassVar[bool] = False
