"""A classifier as a Kedro dataset: weights and description in one safetensors file."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import PlotlyPreview

from image_classification.evaluation.figures.network_diagram import network_diagram_figure
from image_classification.evaluation.layers import describe_layers
from image_classification.io.user_errors import passing_user_errors
from image_classification.networks import Classifier
from image_classification.networks.storage import load_classifier, save_classifier


class NetworkDataset(AbstractDataset[Classifier, Classifier]):
    """Saves a `Classifier`'s weights with all that rebuilds it; loads it on the CPU, ready to evaluate.

    Args:
        filepath: the safetensors file.
        metadata: anything for other tools (kedro-viz reads its layer here).
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: Classifier) -> None:
        """Write the file whole or not at all."""
        save_classifier(data, self._filepath)

    def load(self) -> Classifier:
        """Rebuild the classifier.

        Raises:
            UserError: the file is no classifier of this project, or is damaged.
        """
        with passing_user_errors():
            return load_classifier(self._filepath)

    def preview(self) -> PlotlyPreview:
        """Show the layers in kedro-viz."""
        classifier = load_classifier(self._filepath)
        description = classifier.description
        layers = describe_layers(classifier, description.image_shape)
        subject = f"{description.network} on {description.data_name}"
        figure = network_diagram_figure(layers, classifier.num_parameters, subject)
        return PlotlyPreview(json.loads(figure.to_json()))

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
