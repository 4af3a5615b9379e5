"""What is typed for an option that takes text: it counts as it stands, whatever YAML would make of it.

YAML takes ` #` for a comment, `a: b` for a group, 2024 for a number and `yes` for true; folders have such
names.
"""

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from image_classification.parameters.root import Parameters


def takes_text(key: str) -> bool:
    """Whether an option, such as `image_folder.path`, may be a text of any kind."""
    return str in _kinds_at(key.split("."))


def as_typed(key: str, text: str, value: object) -> object:
    """Return what was typed for an option: the text where it takes one, else what YAML reads.

    Where an option may be something else as well, that is what reads so: a list in brackets, a number or
    `null`.

    Args:
        key: the names that lead to the option, with dots.
        text: as it was typed.
        value: what YAML reads; the text itself where it cannot read it.
    """
    kinds = _kinds_at(key.split("."))
    if str not in kinds:
        return value
    # of ` #a` and of `- a` YAML makes nothing and a list, which nobody means who may give a text
    is_plain = not isinstance(value, list) or text.startswith("[")
    is_plain = is_plain and (value is not None or text.strip().lower() in {"", "null", "~"})
    return value if is_plain and any(_is_of(value, kind) for kind in kinds) else text


def _kinds_at(path: Sequence[str]) -> list[Any]:
    kinds: list[Any] = [Parameters]
    for part in path:
        kinds = [each for kind in kinds for inner in _below(kind, part) for each in _flat(inner)]
    return kinds


def _below(kind: Any, part: str) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and part in kind.model_fields:
        yield kind.model_fields[part].annotation
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]


def _flat(kind: Any) -> Iterable[Any]:
    if get_origin(kind) is Annotated:
        return _flat(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [each for member in get_args(kind) for each in _flat(member)]
    return [kind]


def _is_of(value: object, kind: Any) -> bool:
    """Whether a value that YAML has read is of a kind, of those that are no text."""
    plain = get_origin(kind) or kind
    if isinstance(value, Mapping):
        return plain is dict or (isinstance(plain, type) and issubclass(plain, BaseModel))
    if isinstance(value, list):
        return plain in {list, tuple}
    if isinstance(value, int) and not isinstance(value, bool):
        return plain in {int, float}
    return not isinstance(value, str) and isinstance(plain, type) and isinstance(value, plain)
