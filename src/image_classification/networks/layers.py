"""What a network consists of: its layers with the shapes of their outputs and their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

LAYER_LIMIT = 40


@dataclass(frozen=True)
class Layer:
    """A layer of a network, or a part of it that is shown as one."""

    name: str  # the path of the module, such as body.features.0
    kind: str  # the name of its class
    details: str  # its options, as torch prints them; empty for a part of several layers
    output_shape: tuple[int, ...]  # without the batch; empty if the output is not a tensor
    parameters: int  # numbers that were not counted in a layer before
    trainable: int  # those of them that training may change


@torch.no_grad()
def describe_layers(network: nn.Module, image_shape: Sequence[int], most: int = LAYER_LIMIT) -> list[Layer]:
    """List the layers of a network in the order in which an image passes them.

    A black image is sent through the network to see them, in evaluation mode; mode and weights stay as
    they are.

    Args:
        network: takes images (B, C, H, W) uint8, on the CPU.
        image_shape: (C, H, W).
        most: a network of more layers is shown by its parts, as deep as this number allows.
    """
    calls: list[tuple[str, nn.Module, tuple[int, ...]]] = []
    modes = {module: module.training for module in network.modules()}
    hooks = [
        module.register_forward_hook(
            lambda module, _inputs, output, name=name: calls.append((name, module, _shape(output)))
        )
        for name, module in network.named_modules()
        if name
    ]
    try:
        network.eval()(torch.zeros((1, *image_shape), dtype=torch.uint8))
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    shown = _deepest([call for call in calls if not _is_inside_a_layer(call[0], network)], most)
    seen: set[nn.Parameter] = set()
    layers = []
    for name, module, shape in shown:
        new = [parameter for parameter in module.parameters() if parameter not in seen]
        seen.update(new)
        layers.append(
            Layer(
                name=name,
                kind=type(module).__name__,
                details="" if any(True for _ in module.children()) else module.extra_repr(),
                output_shape=shape,
                parameters=sum(parameter.numel() for parameter in new),
                trainable=sum(parameter.numel() for parameter in new if parameter.requires_grad),
            )
        )
    return layers


def _is_inside_a_layer(name: str, network: nn.Module) -> bool:
    """Tell whether a module is inside one of torch's own layers, such as the projection of an attention."""
    parents = name.split(".")[:-1]
    modules = (network.get_submodule(".".join(parents[: end + 1])) for end in range(len(parents)))
    return any(
        type(module).__module__.startswith("torch.nn.")
        and not isinstance(module, nn.Sequential | nn.ModuleList)
        for module in modules
    )


def _deepest(
    calls: Sequence[tuple[str, nn.Module, tuple[int, ...]]], most: int
) -> list[tuple[str, nn.Module, tuple[int, ...]]]:
    """Cut the tree of modules at the greatest depth at which no more than `most` were called."""
    names = {name for name, _, _ in calls}
    parents = {name.rpartition(".")[0] for name in names}
    depths = sorted({name.count(".") for name in names}, reverse=True)
    shown = list(calls)
    for depth in depths:
        shown = [
            call
            for call in calls
            if call[0].count(".") == depth or (call[0].count(".") < depth and call[0] not in parents)
        ]
        if len(shown) <= most:
            break
    return shown


def _shape(output: Any) -> tuple[int, ...]:
    """Return the shape of the first tensor of an output, without the batch."""
    while isinstance(output, list | tuple) and output:
        output = output[0]
    return tuple(output.shape[1:]) if isinstance(output, Tensor) else ()
