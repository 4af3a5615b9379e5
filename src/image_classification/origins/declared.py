"""What a node's function says of itself, where its inputs do not say all that its result depends on."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from image_classification.errors import UserError
from image_classification.files.paths import is_file
from image_classification.origins.source import digest

Function = TypeVar("Function", bound=Callable[..., Any])
# From the parameters of a node, plain and by the names of the function's arguments, to what else it reads:
# files, or None for what cannot be told from outside, such as a database.
Outside = Callable[[Mapping[str, Any]], Iterable[Path] | None]

_ATTRIBUTE = "depends_on"


class Declaration(NamedTuple):
    """What a function depends on beside its inputs, and which of its parameters it does not look at.

    outside: tells which files the function reads by itself.
    ignored: options that it is given and does not use, by their dotted names in its section.
    """

    outside: Outside | None = None
    ignored: tuple[str, ...] = ()


def depends_on(
    *, outside: Outside | None = None, not_on: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Declare what a node's function reads by itself, and which options of its section it does not use."""

    def declare(function: Function) -> Function:
        setattr(function, _ATTRIBUTE, Declaration(outside, not_on))
        return function

    return declare


def declaration_of(function: Callable[..., Any]) -> Declaration:
    """Return what a function declares, nothing if it declares nothing."""
    inner = getattr(function, "func", function)  # of a partial
    declared: Declaration = getattr(function, _ATTRIBUTE, getattr(inner, _ATTRIBUTE, Declaration()))
    return declared


def named_files(given: Mapping[str, Any]) -> list[Path]:
    """Return the files that any of the parameters names, such as one of weights."""
    values = [value for inner in given.values() for value in _leaves(inner)]
    return [Path(value) for value in values if isinstance(value, str) and is_file(value)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping | list):
        inner = value.values() if isinstance(value, Mapping) else value
        return [leaf for each in inner for leaf in _leaves(each)]
    return [value]


def state_outside(function: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """Return what changes when something that a function reads by itself does; "" if it reads nothing.

    Files are told by size and time of the last change, not by their content.
    """
    tell = declaration_of(function).outside
    if tell is None:
        return ""
    try:
        files = tell(given)
    except UserError as error:  # what cannot be found: the node itself explains it best
        return f"{error}"
    if files is None:
        return datetime.now().astimezone().isoformat()
    return digest("\n".join(map(_state, files)).encode("utf-8", "surrogateescape"))


def _state(path: Path) -> str:
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        return f"{path}: {error}"
    return f"{path}: {state.st_size}, {state.st_mtime_ns}"
