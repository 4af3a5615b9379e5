"""A classifier in a file: weights and description in one safetensors file, no pickle."""

import json
import re
from collections.abc import Iterator, Mapping
from math import prod
from mimetypes import guess_type
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import exists, is_file, is_folder
from image_classification.files.troubles import first_line, require_readable
from image_classification.networks.classifier import (
    Classifier,
    NetworkDescription,
    assemble,
    build_classifier,
)
from image_classification.networks.digest import weights_digest
from image_classification.remote.fetched import here
from image_classification.remote.options import IN_RESULTS
from image_classification.words import some

# safetensors metadata maps strings to strings: the description is one JSON text under this key
_DESCRIPTION = "image_classification.network"
_DIGEST = "weights_digest"
_SMALL = 100_000  # a number in the options that says nothing about the size
_SUFFIX = ".safetensors"
_RUN_ID = re.compile(r"[0-9a-f]{32}")  # of MLflow
_OTHER_KINDS = {
    ".onnx": "a network in ONNX, for other programs",
    ".pt2": "a graph of torch.export, for other programs",
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle"), "a pickle, which may hold code"),
}
_ADVICE = "Train a network first, or name another file."


def save_classifier(classifier: Classifier, path: Path) -> None:
    """Save a classifier beside the target and rename it: an interrupted save leaves the old file whole.

    Raises:
        UserError: there is no room for it, or it may not be written.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in classifier.state_dict().items()}
    facts = classifier.description.model_dump(mode="json") | {_DIGEST: weights_digest(classifier)}
    with replacing(path, sum(tensor.nbytes for tensor in weights.values())) as temporary:
        # one text: of several safetensors does not keep the order, and equal networks are equal files
        save_file(weights, temporary, metadata={_DESCRIPTION: json.dumps(facts)})


def load_classifier(path: Path) -> Classifier:
    """Rebuild a classifier from its description and fill in the weights: on the CPU, ready to evaluate.

    Raises:
        UserError: there is no such file, it cannot be read, it holds no classifier of this project, or it is
            damaged.
    """
    description, expected = _read_facts(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            empty = _network_of(
                {name: tuple(file.get_slice(name).get_shape()) for name in names}, description
            )
            weights = {name: file.get_tensor(name) for name in names}
        classifier = _filled(empty, weights) if empty else None
        if classifier is None:
            classifier = build_classifier(description)
            classifier.load_state_dict(weights)
        if expected and weights_digest(classifier) != expected:
            raise ValueError("its weights are damaged: they do not have the digest that they were saved with")
    except Exception as error:  # what a damaged file leads to is of every kind
        raise _unreadable(path, error) from error
    return classifier.eval()


def load_trained(path: Path) -> Classifier:
    """Rebuild a classifier to classify with: on the CPU, ready to evaluate.

    Raises:
        UserError: as `load_classifier`; or it is known that it was not trained.
    """
    if read_description(path).is_trained is False:
        raise UserError(
            f"The network in {path} is not trained: it has the weights from before its training. {_ADVICE}"
        )
    return load_classifier(path)


def place_of_network(text: str) -> Path:
    """Return where that is on this machine what a person names as a network; of results the network alone.

    Raises:
        UserError: it is an address that cannot be read.
    """
    return here(text, inside=IN_RESULTS)


def network_file(path: Path) -> Path:
    """Return the file of the network that a path names: itself, or that of a folder of results or an export.

    Raises:
        UserError: there is none, or there are several, in a folder; the file is of another kind.
    """
    if not is_folder(path):
        _require_network(path)
        return path
    if is_file(path / IN_RESULTS):
        return path / IN_RESULTS
    files = [file for file in sorted(path.glob(f"*{_SUFFIX}")) if _is_network(file)]
    if len(files) == 1:
        return files[0]
    several = f"There are several networks, {some([file.name for file in files], 3)},"
    found = several if files else "There is no trained network"
    raise UserError(f"{found} in the folder {path.absolute()}. Name the file.")


def _require_network(path: Path) -> None:
    """Refuse a file of another kind than safetensors; a damaged one is told when it is read.

    Raises:
        UserError: what it is, and what to name instead.
    """
    if not is_file(path):
        if not exists(path) and _RUN_ID.fullmatch(str(path)):
            raise UserError(
                f"There is no file {path}. If this is the id of a recorded run, name it runs:/{path}"
            )
        return
    if path.suffix.lower() == _SUFFIX or _is_network(path):
        return
    is_picture = (guess_type(path.name)[0] or "").startswith("image/")
    kind = "a picture" if is_picture else _OTHER_KINDS.get(path.suffix.lower(), "no file of safetensors")
    folder = path.absolute().parent
    beside = [file for file in sorted(folder.glob(f"*{_SUFFIX}")) if _is_network(file)]
    instead = (
        f"Name the folder, {folder}, or {beside[0].name} in it."
        if len(beside) == 1
        else "Name a network in safetensors, such as data/06_models/trained_network.safetensors, or the "
        "folder of an export that has one (format bundle)."
    )
    raise UserError(f"{path} is {kind}, and cannot be loaded as a network. {instead}")


def _is_network(path: Path) -> bool:
    """Tell whether a file has a network that may have been trained."""
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get(_DESCRIPTION, "null"))
            return facts is not None and facts.get("is_trained") is not False
    except Exception:  # what a damaged file leads to is of every kind
        return False


def read_description(path: Path) -> NetworkDescription:
    """Read the description of a classifier from its file, without the weights.

    Raises:
        UserError: there is no such file, it cannot be read, it holds no classifier of this project, or it is
            damaged.
    """
    return _read_facts(path)[0]


def _read_facts(path: Path) -> tuple[NetworkDescription, str | None]:
    """Return the description and the digest of the weights, which a file of an earlier version has not."""
    require_readable(path)
    if is_folder(path):
        raise UserError(f"{path} is a folder, and the file of a trained network is expected. {_ADVICE}")
    if not is_file(path):
        raise UserError(f"There is no trained network at {path.absolute()}. {_ADVICE}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        if _DESCRIPTION not in metadata:
            raise ValueError(f"no metadata named {_DESCRIPTION}")
        facts = json.loads(metadata[_DESCRIPTION])
        digest = facts.pop(_DIGEST, None)
        return NetworkDescription.model_validate_json(json.dumps(facts)), digest
    except Exception as error:
        raise _unreadable(path, error) from error


def _network_of(shapes: Mapping[str, tuple[int, ...]], description: NetworkDescription) -> Classifier | None:
    """Return the network that a file describes, without weights, once it is clear that its weights fit.

    None if that is only known of a network with weights.

    Raises:
        ValueError: they differ.
    """
    numbers = sum(map(prod, shapes.values()))
    if largest := [each for each in _whole_numbers(description.options) if each > max(numbers, _SMALL)]:
        raise ValueError(f"it describes a network of size {largest[0]}, and has {numbers} weights")
    try:
        with torch.device("meta"):  # shapes alone
            empty = assemble(description)
    except NotImplementedError:  # RegNet computes its widths with tensors: it is built as it is
        return None
    expected = {name: tuple(each.shape) for name, each in empty.state_dict().items()}
    if missing := sorted(expected.keys() - shapes.keys()):
        raise ValueError(f"it lacks the weights {some(missing, 3)}")
    if excess := sorted(shapes.keys() - expected.keys()):
        raise ValueError(f"it has weights that its network has not, {some(excess, 3)}")
    if other := [name for name in expected if expected[name] != shapes[name]]:
        name = other[0]
        raise ValueError(f"its {name} has the shape {shapes[name]}, and {expected[name]} is expected")
    return empty


def _filled(empty: Classifier, weights: Mapping[str, Tensor]) -> Classifier | None:
    """Give a network without weights those of its file, in a fraction of the time of drawing them before.

    Returns:
        The network; None if it has more than the file says, such as tables that it computes when it is built.
    """
    expected = empty.state_dict()
    # copies: where a tensor lies in its file depends on the length of the header, and kernels that want
    # memory to begin at a multiple of 64 bytes compute other last bits where it does not
    empty.load_state_dict(
        {name: each.to(expected[name].dtype, copy=True) for name, each in weights.items()}, assign=True
    )
    held = [each for module in empty.modules() for each in vars(module).values()]
    missing = [
        each
        for each in (*empty.parameters(), *empty.buffers(), *held)
        if isinstance(each, Tensor) and each.is_meta
    ]
    return None if missing else empty


def _whole_numbers(options: object) -> Iterator[int]:
    """Yield all whole numbers in nested options."""
    if isinstance(options, dict):
        options = list(options.values())
    if isinstance(options, list | tuple):
        for each in options:
            yield from _whole_numbers(each)
    elif isinstance(options, int):
        yield options


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(
        f"{path} does not hold a classifier that this version can rebuild: {first_line(error)}. {_ADVICE}"
    )
