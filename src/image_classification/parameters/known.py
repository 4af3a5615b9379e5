"""Which parameters there are, and which of them somebody may have meant."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from image_classification.words import CUTOFF, MOST, nearest_names

# from here on a neighbour's name is more likely a slip of the pen than the same name elsewhere is
SLIP = 0.75


def groups(annotation: object) -> list[type[BaseModel]]:
    """Return the groups of parameters that a value of this type may be: itself, or the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [group for part in get_args(annotation) for group in groups(part)]


class Place(NamedTuple):
    """A group or a parameter in the tree.

    path: The names that lead to it.
    owner: The group that it is a field of.
    groups: What its value may be, as far as that was entered; of a parameter there are none.
    """

    path: tuple[str, ...]
    owner: type[BaseModel]
    field: FieldInfo
    groups: list[type[BaseModel]]


def groups_of(field: FieldInfo) -> list[type[BaseModel]]:
    """The groups that the value of a field may be."""
    return groups(field.annotation)


def walk(
    model: type[BaseModel],
    prefix: tuple[str, ...] = (),
    enter: Callable[[FieldInfo], list[type[BaseModel]]] = groups_of,
) -> Iterator[Place]:
    """Yield every group and every parameter below a model, a group before its content.

    Args:
        model: where to begin.
        prefix: the path to it.
        enter: which groups of a field to go into; all that its value may be if not said.
    """
    for name, field in model.model_fields.items():
        place = Place((*prefix, name), model, field, enter(field))
        yield place
        for group in place.groups:
            yield from walk(group, place.path, enter)


def group_at(path: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the group that a path leads to from the model, or None if there is none."""
    candidates = [model]
    for part in path:
        if isinstance(part, int):
            continue  # every item of a list is of the same groups
        fields = [each.model_fields[part] for each in candidates if part in each.model_fields]
        tagged = [each for each in candidates if part in _tags(each)]
        candidates = tagged or (groups(fields[0].annotation) if fields else [])
        if not candidates:
            return None
    return candidates[0]


def _tags(model: type[BaseModel]) -> tuple[str, ...]:
    """Return what pydantic puts into a path to say which group of a union it took."""
    name = model.model_fields.get("name")
    literal = name is not None and name.is_required() and get_origin(name.annotation) is Literal
    return (model.__name__, *(get_args(name.annotation) if name and literal else ()))


def nearest_paths(path: Sequence[str], model: type[BaseModel]) -> list[str]:
    """Return at most three dotted keys that somebody who wrote the unknown key `path` may have meant."""
    *parents, name = path
    known = [place.path for place in walk(model)]
    siblings = [key for key in known if key[:-1] == tuple(parents)]
    namesakes = [key for key in known if key[-1].lower() == name.lower()]
    nearby = max((_shared(key, path) for key in namesakes), default=0)
    candidates = (
        _alike(name, siblings, SLIP)
        or [key for key in namesakes if _shared(key, path) == nearby]
        or _alike(name, siblings, CUTOFF)
        or _alike(name, known, SLIP)
    )
    # of equals the one that is less deep is the more prominent
    return [".".join(key) for key in sorted(candidates, key=len)[:MOST]]


def _alike(name: str, keys: Sequence[tuple[str, ...]], cutoff: float) -> list[tuple[str, ...]]:
    last_names = list(dict.fromkeys(key[-1] for key in keys))
    return [key for near in nearest_names(name, last_names, cutoff) for key in keys if key[-1] == near]


def _shared(key: Sequence[str], path: Sequence[str]) -> int:
    """Count the names that two keys have in common from their beginnings."""
    shared = 0
    while shared < min(len(key), len(path)) and key[shared] == path[shared]:
        shared += 1
    return shared
