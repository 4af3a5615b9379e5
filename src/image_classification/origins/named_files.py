"""The files that options name, told by the types of these options."""

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from image_classification.options import NamesFile, NamesPlace, Section
from image_classification.registry import Choice
from image_classification.remote.fetched import here


def named_files(function: Callable[..., Any], given: Mapping[str, Any]) -> list[Path]:
    """Return the files that the options of a function name, such as one of weights, whether they exist.

    Args:
        function: its annotations say what its options are.
        given: plain values by the names of its arguments.
    """
    hints = get_type_hints(inspect.unwrap(getattr(function, "func", function)), include_extras=True)
    named = (path for name, value in given.items() for path in named_in(value, hints.get(name)))
    return [here(path) for path in dict.fromkeys(named)]


def named_in(
    value: Any,
    kind: Any,
    marks: Iterable[Any] = (),
    is_meant: Callable[[str, NamesPlace], bool] = lambda _, mark: isinstance(mark, NamesFile),
) -> Iterator[str]:
    """Yield the paths in a plain value of a type.

    Args:
        value: of options, or of one.
        kind: its type.
        marks: what stands beside the type.
        is_meant: tells of a path and the mark of its option whether it is looked for.
    """
    if isinstance(value, str):
        found = [mark for mark in marks if isinstance(mark, NamesPlace)]
        if found:
            yield from [value] if value and is_meant(value, found[0]) else []
        elif get_origin(kind) is Annotated:
            yield from named_in(value, get_args(kind)[0], kind.__metadata__, is_meant)
        elif get_origin(kind) in {Union, types.UnionType}:
            yield from _first(named_in(value, each, (), is_meant) for each in get_args(kind))
    elif get_origin(kind) is Annotated:
        yield from named_in(value, get_args(kind)[0], kind.__metadata__, is_meant)
    elif get_origin(kind) in {Union, types.UnionType}:
        yield from _first(
            named_in(value, each, (), is_meant) for each in get_args(kind) if _may_be(value, each)
        )
    elif isinstance(value, Mapping):
        yield from _in_mapping(value, kind, is_meant)
    elif isinstance(value, list | tuple):
        inner = [each for each in get_args(kind) if each is not ...] or [None]
        for place, each in enumerate(value):
            yield from named_in(each, inner[min(place, len(inner) - 1)], marks, is_meant)


def _in_mapping(
    value: Mapping[str, Any], kind: Any, is_meant: Callable[[str, NamesPlace], bool]
) -> Iterator[str]:
    if not (isinstance(kind, type) and issubclass(kind, Section)):
        inner = get_args(kind)
        for each in value.values():
            yield from named_in(each, inner[-1] if inner else None, (), is_meant)
        return
    blocks = kind.names() if issubclass(kind, Choice) else ()
    for name, field in kind.model_fields.items():
        if name in value and (name not in blocks or name == value["name"]):
            yield from named_in(value[name], field.annotation, field.metadata, is_meant)


def _may_be(value: Any, kind: Any) -> bool:
    """Whether a value can be of one of several types; sections are told apart by their options."""
    if isinstance(value, Mapping) and isinstance(kind, type) and issubclass(kind, Section):
        told = {name: get_args(field.annotation) for name, field in kind.model_fields.items()}
        return value.keys() <= told.keys() and value.get("name") in (told.get("name") or [value.get("name")])
    return True


def _first(found: Iterable[Iterator[str]]) -> list[str]:
    return next((paths for each in found if (paths := list(each))), [])
