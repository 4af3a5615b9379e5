"""The files that options name, told by the types of these options."""

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from image_classification.options import NamesFile, Section
from image_classification.registry import Choice


def named_files(function: Callable[..., Any], given: Mapping[str, Any]) -> list[Path]:
    """Return the files that the options of a function name, such as one of weights, whether they exist.

    Args:
        function: its annotations say what its options are.
        given: plain values by the names of its arguments.
    """
    hints = get_type_hints(inspect.unwrap(getattr(function, "func", function)), include_extras=True)
    named = (path for name, value in given.items() for path in _named(value, hints.get(name)))
    return [Path(path) for path in dict.fromkeys(named)]


def _named(value: Any, kind: Any, marks: Iterable[Any] = ()) -> Iterator[str]:
    """Yield the paths in a plain value of a type; `marks` are what stands beside the type."""
    if isinstance(value, str):
        if any(isinstance(mark, NamesFile) for mark in marks):
            yield from [value] if value else []
        elif get_origin(kind) is Annotated:
            yield from _named(value, get_args(kind)[0], kind.__metadata__)
        elif get_origin(kind) in {Union, types.UnionType}:
            yield from _first(_named(value, each) for each in get_args(kind))
    elif get_origin(kind) is Annotated:
        yield from _named(value, get_args(kind)[0], kind.__metadata__)
    elif get_origin(kind) in {Union, types.UnionType}:
        yield from _first(_named(value, each) for each in get_args(kind) if _may_be(value, each))
    elif isinstance(value, Mapping):
        yield from _in_mapping(value, kind)
    elif isinstance(value, list | tuple):
        inner = [each for each in get_args(kind) if each is not ...] or [None]
        for place, each in enumerate(value):
            yield from _named(each, inner[min(place, len(inner) - 1)], marks)


def _in_mapping(value: Mapping[str, Any], kind: Any) -> Iterator[str]:
    if not (isinstance(kind, type) and issubclass(kind, Section)):
        inner = get_args(kind)
        for each in value.values():
            yield from _named(each, inner[-1] if inner else None)
        return
    blocks = kind.names() if issubclass(kind, Choice) else ()
    for name, field in kind.model_fields.items():
        if name in value and (name not in blocks or name == value["name"]):
            yield from _named(value[name], field.annotation, field.metadata)


def _may_be(value: Any, kind: Any) -> bool:
    """Whether a value can be of one of several types; sections are told apart by their options."""
    if isinstance(value, Mapping) and isinstance(kind, type) and issubclass(kind, Section):
        told = {name: get_args(field.annotation) for name, field in kind.model_fields.items()}
        return value.keys() <= told.keys() and value.get("name") in (told.get("name") or [value.get("name")])
    return True


def _first(found: Iterable[Iterator[str]]) -> list[str]:
    return next((paths for each in found if (paths := list(each))), [])
