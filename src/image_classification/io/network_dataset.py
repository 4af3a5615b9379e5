"""A classifier on disk: weights and description in one safetensors file, no pickle."""

import os
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from image_classification.errors import UserError
from image_classification.networks import Classifier, NetworkDescription, build_classifier

# safetensors metadata maps strings to strings: the description is one JSON text under this key
_DESCRIPTION = "image_classification.network"


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
        """Write beside the target and rename, so that an interrupted save leaves the old file whole."""
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._filepath.with_name(f".{self._filepath.name}.{os.getpid()}.tmp")
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in data.state_dict().items()}
        try:
            save_file(weights, temporary, metadata={_DESCRIPTION: data.description.model_dump_json()})
            temporary.replace(self._filepath)
        finally:
            temporary.unlink(missing_ok=True)

    def load(self) -> Classifier:
        """Rebuild the classifier from its description and fill in the weights.

        Raises:
            UserError: the file is no classifier of this project, or is damaged.
        """
        try:
            description = self._description()
            with safe_open(self._filepath, framework="pt") as file:
                # a safe_open handle is no mapping: it has keys(), but cannot be iterated
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            network = build_classifier(description)
            network.load_state_dict(weights)
        except (SafetensorError, ValidationError, KeyError, RuntimeError) as error:
            raise UserError(
                f"{self._filepath} does not hold a classifier that this version can rebuild: "
                f"{str(error).splitlines()[0]}. Train again with `kedro run --pipeline training`."
            ) from error
        return network.eval()

    def preview(self) -> JSONPreview:
        """Show the description in kedro-viz."""
        return JSONPreview(self._description().model_dump_json())

    def _description(self) -> NetworkDescription:
        with safe_open(self._filepath, framework="pt") as file:
            metadata = file.metadata() or {}
        if _DESCRIPTION not in metadata:
            raise KeyError(f"no metadata named {_DESCRIPTION}")
        return NetworkDescription.model_validate_json(metadata[_DESCRIPTION])

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
