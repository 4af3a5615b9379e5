"""The stages of a body, from the image to the last layer: what is frozen, or learns more slowly, together."""

from collections.abc import Sequence
from typing import Any, cast

from torch import nn

from image_classification.errors import UserError
from image_classification.words import count_of

_FEW = 4  # stages: a body that has fewer is looked at more closely


def stages(body: nn.Module) -> list[list[str]]:
    """Return the names of the parameters of each stage, in the order in which an image passes them.

    Models of timm say themselves what belongs together. Of others every part of the outermost level is a
    stage; where these are few, the largest is taken apart. A normalisation belongs to the layer before it.
    """
    if hasattr(body, "group_matcher"):
        from timm.models import group_parameters  # noqa: PLC0415  (five seconds, for those alone who use it)

        matcher = cast("Any", body).group_matcher(coarse=True)
        groups: dict[object, list[str]] = group_parameters(body, matcher, reverse=False)
        return list(groups.values())
    parts = _parts(body, "")
    while len(_joined(body, parts)) < _FEW:
        sizes = [_size(body.get_submodule(name)) for name in parts]
        if not any(sizes):
            break
        largest = sizes.index(max(sizes))
        parts[largest : largest + 1] = _parts(body.get_submodule(parts[largest]), f"{parts[largest]}.")
    return _joined(body, parts)


def freeze_stages(body: nn.Module, number: int, option: str) -> None:
    """Leave the first stages of a body as they are.

    Args:
        body: from images to features.
        number: of stages.
        option: what names the number, for messages.

    Raises:
        UserError: it has not so many.
    """
    there = stages(body)
    if number > len(there):
        raise UserError(
            f"{option} is {number}, and this network has {count_of(len(there), 'stage')}. Expected at most "
            f"{len(there)}, or body, which is all of them."
        )
    frozen = {name for stage in there[:number] for name in stage}
    for name, parameter in body.named_parameters():
        if name in frozen:
            parameter.requires_grad = False


def _parts(module: nn.Module, prefix: str) -> list[str]:
    return [prefix + name for name, child in module.named_children() if any(True for _ in child.parameters())]


def _size(module: nn.Module) -> int:
    """Count the parameters of what can be taken apart."""
    return sum(each.numel() for each in module.parameters()) if _parts(module, "") else 0


def _joined(body: nn.Module, parts: Sequence[str]) -> list[list[str]]:
    """Join normalisations to the layers before them, and give each parameter to a stage."""
    joined: list[list[str]] = []
    for name in parts:
        # a normalisation belongs to the layer before it
        is_norm = all(each.ndim <= 1 for each in body.get_submodule(name).parameters())
        if not (is_norm and joined):
            joined.append([])
        joined[-1].append(f"{name}.")
    names = [name for name, _ in body.named_parameters()]
    found = [[name for name in names if name.startswith(tuple(stage))] for stage in joined]
    known = {name for stage in found for name in stage}
    # such as a table of positions, which belongs to no part: it is the first thing that an image meets
    if others := [name for name in names if name not in known]:
        found = [others + found[0], *found[1:]] if found else [others]
    return found
