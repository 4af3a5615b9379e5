"""What a node would be made of now: its code, its parameters, its inputs."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kedro.io import DataCatalog, MemoryDataset, SharedMemoryDataset
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic import TypeAdapter

from image_classification.catalog_files import local_path
from image_classification.origins.code import code_of
from image_classification.origins.contents import content_of, is_file_of
from image_classification.origins.declared import declaration_of, state_outside
from image_classification.origins.handling import handling_of
from image_classification.parameters.root import Parameters
from image_classification.parameters.used import COMMON_SECTION, used_parameters

_BEFORE = "_made_in_memory_by"


@dataclass(frozen=True)
class State:
    """All that decides what a node makes; compare `Origin`, which keeps it."""

    parameters: Mapping[str, str]
    code: Mapping[str, str]
    libraries: Mapping[str, str]
    outside: str
    inputs: Mapping[str, str]
    datasets: Mapping[str, str]


def state_of(node: Node, catalog: DataCatalog) -> State:
    """Return the state of a node with the data and parameters of a catalog as they are.

    What it takes from other nodes in memory counts by the state of those, as `tell_of_memory` has told.
    """
    nodes = [*getattr(node, _BEFORE, ()), node]
    codes = [code_of(each.func) for each in nodes]
    outside = [declared for each in nodes if (declared := _outside(each, catalog))]
    return State(
        parameters=_merged(parameters_of(each, catalog) for each in nodes),
        code=_merged(code.parts for code in codes),
        libraries=_merged(code.libraries for code in codes),
        outside=" ".join(outside),
        inputs=inputs_of(node, catalog),
        datasets=_handling(node, nodes, catalog),
    )


def _handling(node: Node, nodes: Iterable[Node], catalog: DataCatalog) -> dict[str, str]:
    """Return how each dataset with a file that counts for a node is read, or written."""
    read = {name: True for each in nodes for name in read_by(each, catalog)}
    names = dict.fromkeys(node.outputs, False) | read
    return {
        name: handling_of(catalog.get(name), is_read=is_read)  # type: ignore[arg-type]
        for name, is_read in names.items()
        if is_file_of(name, catalog)
    }


def tell_of_memory(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Tell each node which others it depends on through data that is kept in no file.

    On the nodes themselves, because these alone reach the processes of ParallelRunner however they start.
    """
    makers = {name: node for node in pipeline.nodes for name in node.outputs}
    for node in pipeline.nodes:
        direct = [makers[name] for name in node.inputs if name in makers and _in_memory(name, catalog)]
        before = [each for maker in direct for each in (*getattr(maker, _BEFORE, ()), maker)]
        vars(node)[_BEFORE] = tuple({each.name: each for each in before}.values())


def inputs_of(node: Node, catalog: DataCatalog) -> dict[str, str]:
    """Return a digest of each dataset with a file that a node reads, itself or through memory."""
    nodes = [*getattr(node, _BEFORE, ()), node]
    contents = {name: content_of(name, catalog) for each in nodes for name in read_by(each, catalog)}
    return {name: content for name, content in contents.items() if content is not None}


def read_by(node: Node, catalog: DataCatalog) -> list[str]:
    """Return the datasets that a node reads, but for those whose file it replaces.

    Such a memory of the node's own earlier runs would never be the same as before, nor belong to the others.
    """
    replaced = {local_path(name, catalog, saved=True) for name in node.outputs} - {None}
    names = [name for name in node.inputs if not is_parameter(name)]
    return [name for name in names if local_path(name, catalog) not in replaced]


def _in_memory(name: str, catalog: DataCatalog) -> bool:
    return name not in catalog or isinstance(catalog.get(name), MemoryDataset | SharedMemoryDataset)


def _merged(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for part in parts for name, value in part.items()}


def parameters_of(node: Node, catalog: DataCatalog) -> dict[str, str]:
    """Return the options that a node uses, flat: of a choice only those of what is chosen."""
    ignored = declaration_of(node.func).ignored
    used: dict[str, str] = {}
    for name in filter(is_parameter, node.inputs):
        flat = used_parameters(_nested(name, _plain(name, catalog)), [name], Parameters, with_effect=True)
        section = name.removeprefix("params:").removeprefix(f"{COMMON_SECTION}.")
        used |= {
            option: value
            for option, value in flat.items()
            if not f"{option.removeprefix(f'{section}.')}.".startswith(tuple(f"{each}." for each in ignored))
        }
    return used


def _plain(name: str, catalog: DataCatalog) -> Any:
    """Return a parameter in plain types; Kedro makes the types of it that nodes ask for."""
    return TypeAdapter(Any).dump_python(catalog.get(name).load(), mode="json")  # type: ignore[union-attr]


def _nested(name: str, value: Any) -> dict[str, Any]:
    """Put the value of `params:a.b` where it is in the tree: {"a": {"b": value}}."""
    if name == "parameters":
        return dict(value)
    for part in reversed(name.removeprefix("params:").split(".")):
        value = {part: value}
    return dict(value)


def _outside(node: Node, catalog: DataCatalog) -> str:
    return state_outside(node.func, _given(node, catalog))


def outdated(node: Node, catalog: DataCatalog) -> str:
    """Return why a node says that what is there is out of date although nothing has changed, or ""."""
    tell = declaration_of(node.func).outdated
    if tell is None:
        return ""
    paths = [local_path(name, catalog, saved=True) for name in node.outputs]
    return tell(_given(node, catalog), [path for path in paths if path])


def _given(node: Node, catalog: DataCatalog) -> dict[str, Any]:
    arguments = zip(inspect.signature(node.func).parameters, node.inputs, strict=False)
    return {argument: _plain(name, catalog) for argument, name in arguments if is_parameter(name)}
