"""Settings put together to groups: `a.b=1` and `a.c=2` to {a: {b: 1, c: 2}}; contradictions are refused."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import click

from image_classification.cli.explanations import CommandError
from image_classification.words import shorten

DEEPEST = 50  # groups inside one another; the parameters have six

Setting: TypeAlias = tuple[str, dict[str, Any]]  # as it was written, and the groups that it makes
_Path: TypeAlias = tuple[object, ...]


def together(settings: Iterable[Setting]) -> dict[str, Any]:
    """Put settings together, in their order; of several values of one parameter the last counts, and is said.

    Raises:
        CommandError: one setting makes a value of what is a group in another, so that it would be lost.
    """
    found: dict[str, Any] = {}
    written: dict[_Path, str] = {}
    for text, groups in settings:
        _merge(found, groups, (), text, written)
    return found


def _merge(
    into: dict[Any, Any], new: Mapping[Any, Any], path: _Path, text: str, written: dict[_Path, str]
) -> None:
    for key, value in new.items():
        place, is_group = (*path, key), isinstance(value, Mapping)
        earlier = written.setdefault(place, text)
        if key not in into:
            into[key] = {} if is_group else value
        elif isinstance(into[key], Mapping) != is_group:
            raise CommandError(
                f"--params contradicts itself: {shorten(earlier, 80)} and {shorten(text, 80)} make both a "
                f"value and a group of {_dotted(place)}. Leave one of them out."
            )
        elif not is_group:
            if into[key] != value:
                click.echo(f"--params gives {_dotted(place)} several times: {shorten(text, 80)} counts.")
            into[key], written[place] = value, text
        if is_group:
            _merge(into[key], value, place, text, written)


def _dotted(path: _Path) -> str:
    return shorten(".".join(map(str, path)), 120)
