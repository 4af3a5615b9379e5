"""Whether the layers of a configuration fit on one another, before they are merged."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from image_classification.errors import UserError
from image_classification.words import shorten


class _Written(NamedTuple):
    """A value, and where it was written."""

    value: Any
    origin: str


def fitting_layers(layers: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return the layers as plain groups, fit to be merged in their order.

    A group without content (`training:` with everything below it commented out) leaves the group of an
    earlier layer as it is, where a merge would drop it.

    Args:
        layers: what each is called, for messages, and its content; the weakest first.

    Raises:
        UserError: what is a list in one layer is a group in another, or a value is missing (`???`).
    """
    known: dict[tuple[object, ...], _Written] = {}
    return [_fitting(content, (), origin, known) for origin, content in layers]


def _fitting(
    group: Mapping[Any, Any],
    path: tuple[object, ...],
    origin: str,
    known: dict[tuple[object, ...], _Written],
) -> dict[Any, Any]:
    kept: dict[Any, Any] = {}
    for key, value in group.items():
        place = (*path, key)
        before = known.get(place)
        if value == "???":
            raise UserError(
                f"{_dotted(place)} (from {origin}) is ???, which stands for a missing value. Give one."
            )
        if before is not None and isinstance(before.value, Mapping) and value is None:
            continue
        if before is not None and {_shape(before.value), _shape(value)} == {"list", "group"}:
            raise _misfit(place, before, _Written(value, origin))
        known[place] = _Written(value, origin)
        kept[key] = _fitting(value, place, origin, known) if isinstance(value, Mapping) else value
    return kept


def _shape(value: object) -> str:
    if isinstance(value, Mapping):
        return "group"
    return "list" if isinstance(value, list | tuple) else "value"


def _misfit(path: tuple[object, ...], before: _Written, after: _Written) -> UserError:
    shape = _shape(before.value)
    hint = (
        f"A list is given as a whole: {_dotted(path)}={shorten(str(before.value), 60)}"
        if shape == "list"
        else f"Set one of its values, such as {_dotted((*path, next(iter(before.value), '…')))}=…"
    )
    return UserError(
        f"{_dotted(path)} is a {shape} in {before.origin}, and {after.origin} makes a {_shape(after.value)} "
        f"of it: {shorten(str(after.value), 60)}. {hint}"
    )


def _dotted(path: tuple[object, ...]) -> str:
    return ".".join(map(str, path))
