"""A classifier in a file: weights and description in one safetensors file, no pickle."""

from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.networks.classifier import Classifier, NetworkDescription, build_classifier

# safetensors metadata maps strings to strings: the description is one JSON text under this key
_DESCRIPTION = "image_classification.network"
_ADVICE = "Train a network first, or name another file."


def save_classifier(classifier: Classifier, path: Path) -> None:
    """Save a classifier beside the target and rename it: an interrupted save leaves the old file whole."""
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    with replacing(path) as temporary:
        save_file(weights, temporary, metadata={_DESCRIPTION: classifier.description.model_dump_json()})


def load_classifier(path: Path) -> Classifier:
    """Rebuild a classifier from its description and fill in the weights: on the CPU, ready to evaluate.

    Raises:
        UserError: there is no such file, it holds no classifier of this project, or it is damaged.
    """
    try:
        description = read_description(path)
        with safe_open(path, framework="pt") as file:
            # a safe_open handle has keys(), but cannot be iterated
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        classifier = build_classifier(description)
        classifier.load_state_dict(weights)
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    return classifier.eval()


def read_description(path: Path) -> NetworkDescription:
    """Read the description of a classifier from its file, without the weights.

    Raises:
        UserError: there is no such file, it holds no classifier of this project, or it is damaged.
    """
    if not path.is_file():
        raise UserError(f"There is no trained network at {path.absolute()}. {_ADVICE}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        if _DESCRIPTION not in metadata:
            raise KeyError(f"no metadata named {_DESCRIPTION}")
        return NetworkDescription.model_validate_json(metadata[_DESCRIPTION])
    except (SafetensorError, ValidationError, KeyError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    reason = str(error).splitlines()[0]
    return UserError(f"{path} does not hold a classifier that this version can rebuild: {reason}. {_ADVICE}")
