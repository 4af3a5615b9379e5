"""Weights from a file, put into a network before it is trained."""

import pickle
import re
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.files.paths import is_file, is_folder, why_no_file
from image_classification.files.troubles import first_line, require_readable
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.networks.pretrained.fetching import file_digest
from image_classification.remote.names import named
from image_classification.words import printable, some

# torchvision's own files of DenseNet have names of before torch forbade a dot in them, such as norm.1
_OLD_NAME = re.compile(
    r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$"
)
_WANTED = (
    "What is read is a .safetensors file, or a state dict that torch.load reads with weights_only=True: save "
    "one with torch.save(model.state_dict(), path)."
)
# layers that only help while training from scratch; the networks here are built without them
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


# names that torch puts before those of a model, for several devices and for compiled code
_WRAPPERS = ("module.", "_orig_mod.")
_OWN_BODY = "body.features."  # of a classifier of this project that has a body

# where programs that train put the weights among other things
_INSIDE = ("state_dict_ema", "model_ema", "state_dict", "model")


def weights_of_file(path: Path, option: str) -> PretrainedWeights:
    """Say of a person's own file what a record has to say of weights.

    Raises:
        UserError: there is no such file.
    """
    _require_file(path, option)
    return PretrainedWeights(
        name=path.name, source=named(path), sha256=file_digest(path), licence=_licence_before(path)
    )


def _licence_before(path: Path) -> str | None:
    """Return the licence of the weights that a network of this project began with; None of any other file."""
    # it is built of what is here
    from image_classification.networks.storage import read_description  # noqa: PLC0415

    try:
        before = read_description(path).pretrained
    except UserError:
        return None
    return before.licence if before else None


def read_weights(path: Path, option: str) -> OrderedDict[str, Tensor]:
    """Read a state dict: a .safetensors file, or what `torch.save(model.state_dict(), path)` wrote.

    Nothing in the file is executed: pickled objects other than tensors are refused.

    Args:
        path: the file.
        option: what named it, for messages.

    Raises:
        UserError: there is no such file, or it holds something else.
    """
    _require_file(path, option)
    try:
        if path.suffix == ".safetensors":
            return _require_numbers(_plain_names(OrderedDict(load_file(path))), path, option)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except UserError:
        raise
    except Exception as error:  # what a damaged file leads to is of every kind
        # torch's own words advise to trust the file
        trusting = isinstance(error, pickle.UnpicklingError | KeyError) or "weights_only" in str(error)
        if not path.stat().st_size:
            raise UserError(f"{path} ({option}) is empty. {_WANTED}") from error
        reason = "it is damaged, or holds other objects than tensors" if trusting else first_line(error)
        raise UserError(f"{path} ({option}) cannot be read as a state dict: {reason}. {_WANTED}") from error
    if isinstance(state, dict):
        state = next(
            (state[name] for name in _INSIDE if isinstance(state.get(name), dict) and state[name]), state
        )
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        found = f"entries such as {', '.join(map(repr, list(state)[:3]))}" if isinstance(state, dict) else ""
        raise UserError(
            f"{path} ({option}) holds {found or type(state).__name__}, expected a state dict: a tensor "
            f"for each weight. {_WANTED}"
        )
    return _require_numbers(_plain_names(OrderedDict(state)), path, option)


def _plain_names(state: OrderedDict[str, Tensor]) -> OrderedDict[str, Tensor]:
    """Return weights by the names that they have in their model, without those of what was around it.

    That is torch's wrappers for several devices and for compiled code; and the classifier of this project,
    whose last layer and normalisation are left behind, as they belong to its classes and images.
    """
    metadata = getattr(state, "_metadata", None)
    for prefix in _WRAPPERS:
        if state and all(name.startswith(prefix) for name in state):
            state = OrderedDict((name.removeprefix(prefix), each) for name, each in state.items())
    if any(name.startswith(_OWN_BODY) for name in state):
        return OrderedDict(
            (name.removeprefix(_OWN_BODY), each) for name, each in state.items() if name.startswith(_OWN_BODY)
        )
    if metadata is not None:
        state._metadata = metadata  # type: ignore[attr-defined]
    return state


def _require_file(path: Path, option: str) -> None:
    require_readable(path)
    if is_folder(path):
        raise UserError(f"{path} ({option}) is a folder. {_WANTED}")
    if not is_file(path):
        beside = sorted(each.name for each in path.parent.glob("*") if each.suffix in (path.suffix, ".pth"))
        there = f"; the folder has {', '.join(beside[:5])}" if beside else ""
        kind = why_no_file(path)
        found = "" if kind == "there is no such file" else f"; it is {kind}"
        raise UserError(
            f"There is no file {path} ({option}){found}{there}. Give the path of a state dict, "
            ".safetensors or .pth, that you have downloaded or saved."
        )


def _require_numbers(state: OrderedDict[str, Tensor], path: Path, option: str) -> OrderedDict[str, Tensor]:
    """Refuse weights that no training could go on from; it would say that it has diverged.

    Raises:
        UserError: naming the first of them.
    """
    for name, tensor in state.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise UserError(
                f"{path} ({option}) has weights that are no numbers, or infinite: {printable(name)}. "
                "The file is damaged, or of a training that has diverged. Take another one."
            )
    return state


def fill_in(
    network: nn.Module,
    weights: OrderedDict[str, Tensor],
    path: Path,
    *,
    head: Collection[str],
    first_weight: str,
) -> None:
    """Copy the weights of a file into the network, except for its head.

    Args:
        network: the network, for its own number of classes.
        weights: what `read_weights` read; it is used up.
        path: where it came from, for messages.
        head: the names of the weights of the head, which stay as they are: the file's classes are others.
        first_weight: the name of the first convolution's weight. Where the network sees grey images and the
            file is of one that saw colours, the weights of the colours are summed: a grey image then gives
            what the file's network finds in the same image with three equal colours.

    Raises:
        UserError: the weights are those of another network.
    """
    own = network.state_dict()
    metadata = getattr(weights, "_metadata", None)
    weights = OrderedDict((_OLD_NAME.sub(r"\1\2", name), tensor) for name, tensor in weights.items())
    # torch reads there with which names a layer was saved; a file that does not say so has those of today
    weights._metadata = metadata if isinstance(metadata, dict) else own._metadata  # type: ignore[attr-defined]
    for name in [name for name in weights if name in head or name.startswith(_AUXILIARY)]:
        del weights[name]
    try:
        first = weights.get(first_weight)
        if first is not None and first.ndim == 4 and own[first_weight].shape[1] == 1 < first.shape[1]:
            weights[first_weight] = first.sum(dim=1, keepdim=True)
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except Exception as error:  # tensors of a kind that cannot be copied, entries that are no numbers, …
        raise other_network(path, str(error).strip().splitlines()[-1].strip()) from error
    # a counter that files of before 2018 lack, and that has no effect on what is computed
    missing = [name for name in missing if name not in head and not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        lack = f"it lacks {some(missing, 3)}" if missing else ""
        excess = f"it has {some(unexpected, 3)}, which the network has not" if unexpected else ""
        raise other_network(path, " and ".join(filter(None, [lack, excess])) + ".")


def resize_positions(
    network: nn.Module, state: OrderedDict[str, Tensor], path: Path
) -> OrderedDict[str, Tensor]:
    """Interpolate a vision transformer's table of positions where the file's images had another size.

    Raises:
        UserError: the table is none.
    """
    from torchvision.models.vision_transformer import interpolate_embeddings  # noqa: PLC0415

    table = state.get("encoder.pos_embedding")
    side = network.image_size
    if not isinstance(table, Tensor) or table.shape == network.get_parameter("encoder.pos_embedding").shape:
        return state
    metadata = getattr(state, "_metadata", None)
    try:
        resized: OrderedDict[str, Tensor] = interpolate_embeddings(side, network.patch_size, state)
    except Exception as error:
        raise other_network(path, f"{first_line(error)}.") from error
    if metadata is not None:
        resized._metadata = metadata  # type: ignore[attr-defined]
    return resized


def other_network(path: Path, reason: str) -> UserError:
    """Say that a file does not go with the network that it was named for."""
    return UserError(
        f"{path} holds the weights of another network than the one to be trained: {reason} "
        "Name the model that the file is of."
    )
