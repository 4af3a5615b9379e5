"""The parameters that a run really used, flat, as MLflow compares them."""

import json
from collections.abc import Collection, Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from image_classification.options import Choice, Section

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
        path = name.removeprefix("params:").split(".") if name != "parameters" else []
        value, schema = _at(parameters, path, model)
        for leaf, found in _leaves(value, schema, tuple(path)):
            flat[".".join(leaf[1:] if leaf[0] == COMMON_SECTION else leaf)] = parameter_text(found)
    return flat


def _at(value: Any, path: list[str], schema: type[BaseModel] | None) -> tuple[Any, type[BaseModel] | None]:
    for key in path:
        value = value[key]
        schema = _schema_of(schema, key)
    return value, schema


def _leaves(
    value: Any, schema: type[BaseModel] | None, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    blocks = schema.names() if schema and issubclass(schema, Choice) else ()
    idle = schema.without_effect(value) if schema and issubclass(schema, Section) else frozenset()
    for key, inner in value.items():
        if key in idle:
            continue
        if key in blocks:
            if key == value["name"]:
                yield from _leaves(inner, _schema_of(schema, key), path)
        else:
            yield from _leaves(inner, _schema_of(schema, key), (*path, key))


def _schema_of(schema: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    """Return the model of a field, which may be one of several types it can have."""
    if schema is None or key not in schema.model_fields:
        return None
    annotation = schema.model_fields[key].annotation
    candidates = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def parameter_text(value: Any) -> str:
    """Return a value as it is recorded: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
