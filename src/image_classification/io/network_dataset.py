"""A classifier as a Kedro dataset: weights and description in one safetensors file."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from image_classification.io.user_errors import passing_user_errors
from image_classification.networks import Classifier
from image_classification.networks.storage import load_classifier, read_description, save_classifier


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

    def preview(self) -> JSONPreview:
        """Show the description in kedro-viz."""
        return JSONPreview(read_description(self._filepath).model_dump_json())

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
