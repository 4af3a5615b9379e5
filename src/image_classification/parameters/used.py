"""The parameters that a run really used, flat, as MLflow compares them."""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any

from pydantic import BaseModel

from image_classification.options import Section
from image_classification.parameters.known import group_at
from image_classification.registry import Choice

# what every run that is recorded has: its name would stand before almost every parameter
COMMON_SECTION = "modelling"


def used_parameters(
    parameters: Mapping[str, Any], inputs: Collection[str], model: type[BaseModel]
) -> dict[str, str]:
    """Flatten the parameters that a pipeline takes to dotted names and text.

    Of a choice only the block that is named is used, and its options stand without the block's name:
    `optimizer.name`, `optimizer.lr`. Options of what is off are left out. Lists are JSON.

    Args:
        parameters: the full parameters, nested, as plain types.
        inputs: names of the pipeline's inputs; those of parameters are "parameters" and "params:a.b".
        model: the pydantic model of the full parameters, which says where the choices are.
    """
    flat: dict[str, str] = {}
    for name in sorted(inputs):
        if name != "parameters" and not name.startswith("params:"):
            continue
        path = tuple(name.removeprefix("params:").split(".")) if name != "parameters" else ()
        value = reduce(getitem, path, parameters)
        for leaf, found in _leaves(value, group_at(path, model), path):
            flat[".".join(leaf[1:] if leaf[0] == COMMON_SECTION else leaf)] = parameter_text(found)
    return flat


def _leaves(
    value: Any, schema: type[BaseModel] | None, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    blocks = schema.names() if schema and issubclass(schema, Choice) else ()
    idle = schema.without_effect(value) if schema and issubclass(schema, Section) else frozenset()
    for key, inner in value.items():
        if key in idle or (key in blocks and key != value["name"]):
            continue
        group = group_at((key,), schema) if schema else None
        yield from _leaves(inner, group, path if key in blocks else (*path, key))


def parameter_text(value: Any) -> str:
    """Return a value as it is recorded: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
