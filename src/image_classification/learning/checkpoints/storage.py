"""A checkpoint in a file: the tensors of a training's state in safetensors, all else as JSON in its metadata.

Nothing is pickled. A digest of all of it tells a whole file from a damaged one.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from image_classification.files import replacing

# safetensors metadata maps strings to strings
_ABOUT, _STATE, _DIGEST = "about", "state", "digest"

# nested mappings, lists and tuples of tensors, numbers, text and None
Tree = Any


class DamagedCheckpointError(Exception):
    """A file is not a whole checkpoint; the message says why."""


def write_checkpoint(path: Path, about: Mapping[str, Any], state: Tree) -> None:
    """Write a checkpoint beside the target and rename it.

    Args:
        path: of the file.
        about: what is read without the rest, as JSON knows it.
        state: of the training.

    Raises:
        OSError: the file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    metadata = {_ABOUT: json.dumps(about), _STATE: json.dumps(_packed(state, tensors))}
    metadata[_DIGEST] = _digest(metadata, tensors)
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=metadata)
        except SafetensorError as error:
            raise OSError(str(error)) from error


def read_about(path: Path) -> dict[str, Any]:
    """Read what a checkpoint says of itself, without its tensors.

    Raises:
        DamagedCheckpointError: it cannot be read. Damage behind the first bytes does not show here.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {})[_ABOUT])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise DamagedCheckpointError(reason(error)) from error
    return about


def read_checkpoint(path: Path) -> tuple[dict[str, Any], Tree]:
    """Read a checkpoint whole; its tensors are on the CPU, laid out as they were.

    Returns:
        What it says of itself, and the state.

    Raises:
        DamagedCheckpointError: it cannot be read, or is not what was written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            # a safe_open handle has keys(), but cannot be iterated
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        expected = metadata.pop(_DIGEST)
        if _digest(metadata, tensors) != expected:
            raise DamagedCheckpointError("its content does not have the digest that it was written with")
        return json.loads(metadata[_ABOUT]), _unpacked(json.loads(metadata[_STATE]), tensors)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise DamagedCheckpointError(reason(error)) from error


def _packed(tree: Tree, tensors: dict[str, Tensor]) -> Any:
    """Turn a tree into JSON in which the number of a tensor stands for it, and collect the tensors."""
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    if isinstance(tree, Tensor):
        name = str(len(tensors))
        there = tree.detach()
        here = there.cpu().contiguous()
        # what is no copy may share its memory with another one, which safetensors refuses
        tensors[name] = here.clone() if here is there else here
        return {"tensor": name, "strides": list(tree.stride()) if _is_dense(tree) else None}
    if isinstance(tree, Mapping):
        return {"items": [[key, _packed(value, tensors)] for key, value in tree.items()]}
    if isinstance(tree, list | tuple):
        return {type(tree).__name__: [_packed(value, tensors) for value in tree]}
    raise TypeError(f"a {type(tree).__name__} cannot be part of a checkpoint")


def _unpacked(packed: Any, tensors: Mapping[str, Tensor]) -> Tree:
    if not isinstance(packed, dict):
        return packed
    if "tensor" in packed:
        return _laid_out(tensors[packed["tensor"]], packed["strides"])
    if "items" in packed:
        return {key: _unpacked(value, tensors) for key, value in packed["items"]}
    ((kind, values),) = packed.items()
    unpacked = [_unpacked(value, tensors) for value in values]
    return tuple(unpacked) if kind == "tuple" else unpacked


def _is_dense(tensor: Tensor) -> bool:
    """Whether the elements fill their memory without gaps, each once."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


def _laid_out(tensor: Tensor, strides: list[int] | None) -> Tensor:
    """Lay a tensor out in memory as it was: fused optimizers go through weights and state side by side.

    It is copied in any case. In the file's memory it begins at any multiple of 8 bytes, and the order in
    which a product sums up, and with it the last bits of L-BFGS, depends on that; torch takes one of 64.
    """
    if strides is None:
        return tensor.clone()
    return torch.empty_strided(tuple(tensor.shape), strides, dtype=tensor.dtype).copy_(tensor)


def _digest(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for text in (metadata[_ABOUT], metadata[_STATE]):
        digest.update(text.encode() + b"\0")
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        if tensor.numel():
            digest.update(tensor.view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def reason(error: Exception) -> str:
    """Return the first line that an error says, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
