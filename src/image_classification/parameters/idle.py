"""Parameters that somebody sets, of a choice that is not made: `optimizer.adamw.lr` while adam is used."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from image_classification.parameters.known import group_at
from image_classification.registry import Choice

Group: TypeAlias = Mapping[str, Any] | BaseModel


class Idle(NamedTuple):
    """A parameter, the one that would have to name its block to be used, and what that one names."""

    parameter: str
    choice: str
    chosen: str


def idle_parameters(
    given: Mapping[str, Any],
    parameters: Group,
    model: type[BaseModel],
    path: tuple[str, ...] = (),
) -> Iterator[Idle]:
    """Look among the parameters that somebody has set for those of a block that is not used.

    Args:
        given: those that were set, nested.
        parameters: all of them, as they hold; their groups may be models.
        model: the pydantic model of all.
        path: where all this is.
    """
    blocks = model.names() if issubclass(model, Choice) else ()
    for key, value in given.items():
        inner = (*path, key)
        if key in blocks and key != (chosen := _held(parameters, "name")):
            choice = ".".join((*path, "name"))
            yield from (Idle(".".join(leaf), choice, chosen) for leaf in _leaves(value, inner))
        elif isinstance(value, Mapping) and (group := group_at((key,), model)):
            yield from idle_parameters(value, _held(parameters, key), group, inner)


def _held(group: Group, key: str) -> Any:
    return group[key] if isinstance(group, Mapping) else getattr(group, key)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(value, Mapping):
        yield path
        return
    for key, inner in value.items():
        yield from _leaves(inner, (*path, str(key)))
