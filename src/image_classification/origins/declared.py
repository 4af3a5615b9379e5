"""What a node's function says of itself, where its inputs do not say all that its result depends on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from image_classification.console import unheard
from image_classification.errors import UserError
from image_classification.files.paths import is_file, is_folder
from image_classification.files.stamp import Stamp, stamp_of_file
from image_classification.origins.contents import digest_of
from image_classification.origins.named_files import named_files
from image_classification.origins.source import digest
from image_classification.remote.names import named

Function = TypeVar("Function", bound=Callable[..., Any])
# From the parameters of a node, plain and by the names of the function's arguments, to what else it reads:
# files; of very many, a text that is another one when they are; None for what cannot be told from outside,
# such as a database.
Outside = Callable[[Mapping[str, Any]], Iterable[Path] | str | None]
# From the same, and the places of the node's outputs, to why it would make something else than is there now.
Outdated = Callable[[Mapping[str, Any], Sequence[Path]], str]

_ATTRIBUTE = "depends_on"
_LITTLE = 2**28  # bytes that are read in a moment


class Declaration(NamedTuple):
    """What a function depends on beside its inputs, and which of its parameters it does not look at.

    outside: tells which files the function reads by itself.
    named: it reads the files that its options name, those whose type has `NamesFile`.
    ignored: options that it is given and does not use, by their dotted names in its section.
    outdated: tells why what it made before is out of date although nothing else has changed, or "".
    """

    outside: Outside | None = None
    named: bool = False
    ignored: tuple[str, ...] = ()
    outdated: Outdated | None = None


def depends_on(
    *,
    outside: Outside | None = None,
    named_files: bool = False,
    not_on: tuple[str, ...] = (),
    outdated: Outdated | None = None,
) -> Callable[[Function], Function]:
    """Declare what a node's function reads by itself, and which options of its section it does not use."""

    def declare(function: Function) -> Function:
        setattr(function, _ATTRIBUTE, Declaration(outside, named_files, not_on, outdated))
        return function

    return declare


def declaration_of(function: Callable[..., Any]) -> Declaration:
    """Return what a function declares, nothing if it declares nothing."""
    inner = getattr(function, "func", function)  # of a partial
    declared: Declaration = getattr(function, _ATTRIBUTE, getattr(inner, _ATTRIBUTE, Declaration()))
    return declared


def state_outside(function: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """Return what changes when something that a function reads by itself does; "" if it reads nothing.

    Files are told by their content, or by their stamps where there is too much to be read in a moment.
    """
    declared = declaration_of(function)
    if declared.outside is None and not declared.named:
        return ""
    try:
        with unheard():  # the node itself says what it reads
            found = declared.outside(given) if declared.outside else []
            by_name = named_files(function, given) if declared.named else []
    except UserError as error:  # what cannot be found: the node itself explains it best
        return f"{error}"
    if found is None:
        return datetime.now().astimezone().isoformat()
    if isinstance(found, str):
        return digest(found.encode("utf-8", "surrogateescape"))
    files = [*found, *by_name]
    stamps = {path: _stamp(path) for path in files}
    is_little = sum(state.size for stamp in stamps.values() for state in stamp) <= _LITTLE
    describe = _content if is_little else _last_change
    states = (f"{named(path)}: {describe(path, stamp)}" for path, stamp in stamps.items())
    return digest("\n".join(states).encode("utf-8", "surrogateescape"))


def _stamp(path: Path) -> Stamp:
    try:
        return stamp_of_file(path)
    except (OSError, ValueError):  # a NUL in the name
        return Stamp()


def _content(path: Path, stamp: Stamp) -> str:
    try:
        return digest_of(path, stamp) if is_file(path) else _last_change(path, stamp)
    except OSError as error:
        return f"{error}"


def _last_change(path: Path, stamp: Stamp) -> str:
    # of a folder, whose files are told by themselves, when a name in it changed
    return f"{stamp[0].modified}" if stamp and is_folder(path) else stamp.digest
