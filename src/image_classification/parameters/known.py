"""Which parameters there are, and which of them somebody may have meant."""

from collections.abc import Iterator, Sequence
from typing import get_args

from pydantic import BaseModel

from image_classification.suggestions import CUTOFF, MOST, nearest_names

# from here on a neighbour's name is more likely a slip of the pen than the same name elsewhere is
SLIP = 0.75


def groups(annotation: object) -> list[type[BaseModel]]:
    """The groups of parameters that a value of this type may be: itself, or among the kinds of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [group for part in get_args(annotation) for group in groups(part)]


def group_at(path: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """The group that a path leads to from the model, or None if there is none."""
    for part in path:
        field = model.model_fields.get(str(part))
        found = groups(field.annotation) if field else []
        if not found:
            return None
        model = found[0]
    return model


def known_paths(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every group and every parameter below a model, a group before its content."""
    for name, field in model.model_fields.items():
        path = (*prefix, name)
        yield path
        for group in groups(field.annotation):
            yield from known_paths(group, path)


def nearest_paths(path: Sequence[str], model: type[BaseModel]) -> list[str]:
    """The dotted keys that somebody who wrote the unknown key `path` may have meant, at most three."""
    *parents, name = path
    known = list(known_paths(model))
    siblings = [key for key in known if key[:-1] == tuple(parents)]
    namesakes = [key for key in known if key[-1].lower() == name.lower()]
    nearby = max((_shared(key, path) for key in namesakes), default=0)
    candidates = (
        _alike(name, siblings, SLIP)
        or [key for key in namesakes if _shared(key, path) == nearby]
        or _alike(name, siblings, CUTOFF)
        or _alike(name, known, SLIP)
    )
    return [".".join(key) for key in candidates[:MOST]]


def _alike(name: str, keys: Sequence[tuple[str, ...]], cutoff: float) -> list[tuple[str, ...]]:
    last_names = list(dict.fromkeys(key[-1] for key in keys))
    return [key for near in nearest_names(name, last_names, cutoff) for key in keys if key[-1] == near]


def _shared(key: Sequence[str], path: Sequence[str]) -> int:
    """How many names two keys have in common, counted from their beginnings."""
    shared = 0
    while shared < min(len(key), len(path)) and key[shared] == path[shared]:
        shared += 1
    return shared
