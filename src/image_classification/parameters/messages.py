"""Turn what pydantic found wrong into one line per parameter that a person can act on."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from image_classification.parameters.known import group_at, nearest_paths
from image_classification.words import did_you_mean, in_digits, nearest_names

KeyPath: TypeAlias = tuple[str | int, ...]
Origin: TypeAlias = Callable[[KeyPath], str | None]

_NOTHING = object()

# pydantic's kinds of errors in the words of somebody who writes YAML; the braces are filled from its context
_EXPECTED = {
    "literal_error": "{expected}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "union_tag_invalid": "{discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "a group with {discriminator}",
}


def describe_errors(error: ValidationError, raw: object, model: type[BaseModel], origin: Origin) -> str:
    """Say for each wrong parameter what was found, where it was written and what is allowed.

    Args:
        error: what pydantic raised when it validated `raw` against `model`.
        raw: the parameters as they were given.
        model: the model that they should have fitted.
        origin: where the value at a path was written, for example `--params` or a file's name.

    Returns:
        One line for one wrong parameter; otherwise a line with their number and one line for each.
    """
    problems: dict[KeyPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        problems.setdefault(_written_path(detail, raw), []).append(detail)
    lines = [
        _describe(path, details, raw, model, origin)
        for path, details in problems.items()
        # a value may be of several kinds: what is wrong inside one of them says more than that it is none
        if not any(other[: len(path)] == path for other in problems if other != path)
    ]
    if len(lines) == 1:
        return lines[0]
    return "\n".join([f"{len(lines)} parameters are wrong:", *(f"  - {line}" for line in lines)])


def _written_path(detail: ErrorDetails, raw: object) -> KeyPath:
    """Return the path as a person wrote it: pydantic's also names the members of a union that it tried."""
    path: KeyPath = ()
    for part in detail["loc"]:
        if _value_at(raw, (*path, part)) is not _NOTHING:
            path = (*path, part)
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else path


def _value_at(raw: object, path: KeyPath) -> object:
    for part in path:
        if isinstance(raw, Mapping):
            raw = raw.get(part, _NOTHING)
        elif isinstance(raw, list | tuple) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            return _NOTHING
    return raw


_COMMA = "If a comma belongs to a value, put the value in quotes: --params \"key='a, b'\""


def _describe(
    path: KeyPath, details: Sequence[ErrorDetails], raw: object, model: type[BaseModel], origin: Origin
) -> str:
    source = origin(path)
    key = _dotted(path) + (f" (from {source})" if source else "")
    kind = details[0]["type"]
    if kind == "extra_forbidden":
        nearest = did_you_mean(nearest_paths([str(part) for part in path], model))
        allowed = ", ".join((group_at(details[0]["loc"][:-1], model) or model).model_fields) or "nothing"
        # `image_folder.path=/a, b=1`: what follows a comma is a parameter of its own
        comma = "" if source != "--params" or len(path) > 1 else f"\n{_COMMA}"
        return f"There is no parameter {key}{nearest} Allowed there: {allowed}.{comma}"
    if kind == "missing":
        return f"The parameter {key} is missing, and it has no default."
    value = _value_at(raw, path)
    if isinstance(value, Mapping):
        # a group was meant: that it is none of the words which are allowed instead of one helps nobody
        details = [detail for detail in details if detail["type"] != "literal_error"] or details
    group = group_at(path, model)
    if isinstance(value, Mapping) and kind == "value_error":  # its members do not go together
        return f"The parameters of {key} do not go together: expected {_expected(details[0], group)}"
    expected = " or ".join(dict.fromkeys(_expected(detail, group) for detail in details))
    choices = [name for detail in details for name in _choices(detail)]
    nearest = did_you_mean(nearest_names(value, choices) if isinstance(value, str) else [])
    return f"The parameter {key} is {_shown(value)}: expected {expected}{nearest}"


def _dotted(path: KeyPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _shown(value: object) -> str:
    """Write a value roughly as YAML does, shortened."""
    if value is None:
        return "empty"
    text = str(value).lower() if isinstance(value, bool) else _repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _repr(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return f"a {type(value).__name__} with a number of thousands of digits"


def _choices(detail: ErrorDetails) -> list[str]:
    """Return the allowed words of pydantic's own list: `'a', 'b' or 'c'`."""
    return detail["ctx"]["expected"].split("'")[1::2] if detail["type"] == "literal_error" else []


def _expected(detail: ErrorDetails, group: type[BaseModel] | None) -> str:
    if detail["type"] in ("model_type", "dict_type"):
        return f"a group of {', '.join(group.model_fields)}" if group else "a group of parameters"
    if detail["type"] in _EXPECTED:
        context = detail.get("ctx", {})
        return _EXPECTED[detail["type"]].format(**{key: in_digits(value) for key, value in context.items()})
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    # checks of our own may begin with what was found, which is said already
    return text.rpartition("expected ")[2]
