"""The parameters that a run really used, flat, as MLflow compares them."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
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
    parameters: Mapping[str, Any],
    inputs: Collection[str],
    model: type[BaseModel],
    *,
    with_effect: bool = False,
) -> dict[str, str]:
    """Flatten the parameters that a pipeline takes to dotted names and text.

    Of a choice only the block that is named is used, and its options stand without the block's name:
    `optimizer.name`, `optimizer.lr`. Options of what is off are left out. Lists are JSON.

    Args:
        parameters: the full parameters, nested, as plain types.
        inputs: names of the pipeline's inputs; those of parameters are "parameters" and "params:a.b".
        model: the pydantic model of the full parameters, which says where the choices are.
        with_effect: only those that a result may depend on.
    """
    return _flat(
        parameters, inputs, model, lambda section: section.WITHOUT_EFFECT if with_effect else frozenset()
    )


def training_facts(
    modelling: Mapping[str, Any], network: str, options: Mapping[str, Any], model: type[BaseModel]
) -> dict[str, str]:
    """Return what decides about the result of a training, by the names under which it is recorded.

    Args:
        modelling: the parameters of that section, nested, as plain types; what is beside a training in it is
            left out.
        network: the name of the network that is trained.
        options: of that network; the file of its first weights is left out.
        model: the pydantic model of the full parameters.
    """
    sections = [name for name in modelling if name not in ("network", "calibration", "evaluation")]
    facts = _flat(
        {COMMON_SECTION: modelling},
        [f"params:{COMMON_SECTION}.{name}" for name in sections],
        model,
        leave_out=lambda section: section.WITHOUT_EFFECT,
    )
    of_network = {"name": network} | {name: options[name] for name in options if name != "weights"}
    return facts | {f"network.{name}": parameter_text(value) for name, value in of_network.items()}


LeaveOut = Callable[[type[Section]], frozenset[str]]


def _flat(
    parameters: Mapping[str, Any], inputs: Collection[str], model: type[BaseModel], leave_out: LeaveOut
) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name in sorted(inputs):
        if name != "parameters" and not name.startswith("params:"):
            continue
        path = tuple(name.removeprefix("params:").split(".")) if name != "parameters" else ()
        owner = group_at(path[:-1], model)
        if path and owner and issubclass(owner, Section) and path[-1] in leave_out(owner):
            continue
        value = reduce(getitem, path, parameters)
        for leaf, found in _leaves(value, group_at(path, model), path, leave_out):
            flat[".".join(leaf[1:] if leaf[0] == COMMON_SECTION else leaf)] = parameter_text(found)
    return flat


def _leaves(
    value: Any, schema: type[BaseModel] | None, path: tuple[str, ...], leave_out: LeaveOut
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    blocks = schema.names() if schema and issubclass(schema, Choice) else ()
    idle: frozenset[str] = frozenset()
    if schema and issubclass(schema, Section):
        idle = schema.without_effect(value) | leave_out(schema)
    for key, inner in value.items():
        if key in idle or (key in blocks and key != value["name"]):
            continue
        group = group_at((key,), schema) if schema else None
        yield from _leaves(inner, group, path if key in blocks else (*path, key), leave_out)


def parameter_text(value: Any) -> str:
    """Return a value as it is recorded: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def in_use(parameters: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return nested parameters without the blocks that are not chosen, and without what changes no result."""
    blocks = model.names() if issubclass(model, Choice) else ()
    idle = model.WITHOUT_EFFECT if issubclass(model, Section) else frozenset()
    found: dict[str, Any] = {}
    for key, value in parameters.items():
        if key in idle or (key in blocks and key != parameters["name"]):
            continue
        group = group_at((key,), model)
        is_group = isinstance(value, Mapping) and group is not None
        found[key] = in_use(value, group) if is_group and group else value
    return found
