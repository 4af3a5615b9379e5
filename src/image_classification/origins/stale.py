"""Which nodes would make something else than what is there, and why."""

from collections.abc import Iterator, Mapping

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from image_classification.catalog_files import local_path
from image_classification.origins.contents import origin_of
from image_classification.origins.record import Origin
from image_classification.origins.state import State, inputs_of, outdated, state_of
from image_classification.words import some


def stale_nodes(pipeline: Pipeline, catalog: DataCatalog) -> dict[str, str]:
    """Return the nodes of a pipeline whose outputs are missing or out of date, each with the reason."""
    reasons: dict[str, str] = {}
    remade: dict[str, str] = {}  # dataset -> the node that makes it anew
    for node in pipeline.nodes:
        if reason := _reason(node, catalog, remade):
            reasons[node.name] = reason
            remade |= dict.fromkeys(node.outputs, node.name)
    return reasons


def _reason(node: Node, catalog: DataCatalog, remade: Mapping[str, str]) -> str:
    kept = [name for name in node.outputs if local_path(name, catalog, saved=True) is not None]
    if missing := [name for name in kept if not catalog.exists(name)]:
        return f"{some(missing)} missing"
    if not kept:
        return ""  # made in memory for others: Kedro runs it for those of them that run
    if anew := [name for name in inputs_of(node, catalog) if name in remade]:
        return f"{some(anew)} made anew"
    origins = {name: origin_of(name, catalog) for name in kept}
    known = [origin for origin in origins.values() if origin and origin.made.node == node.name]
    if len(known) < len(kept):
        unknown = next(name for name, origin in origins.items() if origin not in known)
        return f"no record of what {unknown} was made from"
    now = state_of(node, catalog)
    changes = (list(_changes(origin, now)) for origin in known)
    return next(("; ".join(each) for each in changes if each), "") or outdated(node, catalog)


def _changes(origin: Origin, now: State) -> Iterator[str]:
    yield from other_values(origin.parameters, now.parameters)
    if names := _different(origin.inputs, now.inputs):
        yield f"{some(names)} changed"
    if names := _different(origin.code, now.code):
        yield f"the code of {some(names)} changed"
    yield from other_values(origin.libraries, now.libraries)
    if origin.outside != now.outside:
        yield "the files that it reads changed"
    if names := _different(origin.datasets, now.datasets):
        yield f"how {some(names)} {'is' if len(names) == 1 else 'are'} read or written changed"


def other_values(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Say of every name that has another value now what it is and was."""
    for name in _different(then, now):
        yield f"{name} is {now.get(name, 'not used')}, was {then.get(name, 'not used')}"


def _different(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in {**then, **now} if then.get(name) != now.get(name)]
