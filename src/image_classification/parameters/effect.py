"""Parameters some of which are replaced: what they are then, and which of them count beside the others."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from image_classification.options import Section
from image_classification.parameters.known import group_at
from image_classification.registry import Choice


def with_values(plain: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested parameters with other values at some dotted names."""
    found = dict(plain) if isinstance(plain, Mapping) else {}
    for name, value in values.items():
        head, _, rest = name.partition(".")
        found[head] = with_values(found.get(head) or {}, {rest: value}) if rest else value
    return found


def has_effect(name: str, plain: Mapping[str, Any], model: type[BaseModel]) -> bool:
    """Whether a parameter counts beside the values that the others have."""
    path = name.split(".")
    value: Any = plain
    for depth, part in enumerate(path):
        group = group_at(path[:depth], model)
        if group and issubclass(group, Choice) and part in group.names() and part != value["name"]:
            return False
        if group and issubclass(group, Section) and part in group.without_effect(value):
            return False
        value = value[part] if isinstance(value, Mapping) and part in value else {}
    return True
