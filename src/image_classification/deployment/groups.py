"""Groups of nodes, each of which is one task of whatever runs them: one process, perhaps one machine."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal, get_args

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from image_classification.deployment.memory import is_in_memory

GroupBy = Literal["namespace", "memory", "node"]
GROUPINGS: tuple[GroupBy, ...] = get_args(GroupBy)


@dataclass(frozen=True)
class Group:
    """Nodes that one process runs.

    Attributes:
        name: of the task.
        nodes: their names, in the order in which they run.
        after: the groups that have to be over before.
    """

    name: str
    nodes: tuple[str, ...]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handover:
    """A dataset that one group makes and another one reads.

    Attributes:
        saved: its name where it is made.
        loaded: its name where it is read, another one if it is transcoded: `table@pandas`.
        maker, reader: the nodes.
        source, target: their groups.
    """

    saved: str
    loaded: str
    maker: str
    reader: str
    source: str
    target: str


def group_nodes(pipeline: Pipeline, catalog: DataCatalog, by: GroupBy) -> list[Group]:
    """Return the groups that kedro-airflow makes of a pipeline, in the order of its nodes.

    Args:
        pipeline: whose nodes.
        catalog: what says which datasets are kept in memory.
        by: `node`: each alone; `namespace`: those of one stage; `memory`: those that hand over in memory.
    """
    if by == "memory":
        return _after_each_other(pipeline, _joined_by_memory(pipeline, catalog))
    grouped = pipeline.group_nodes_by("namespace" if by == "namespace" else None)
    return [Group(each.name, tuple(each.nodes), tuple(each.dependencies)) for each in grouped]


def handovers(pipeline: Pipeline, groups: Iterable[Group]) -> Iterator[Handover]:
    """Yield every dataset that goes from one group to another; parameters are nobody's output."""
    group_of = {node: group.name for group in groups for node in group.nodes}
    made = {untranscoded(name): (node, name) for node in pipeline.nodes for name in node.outputs}
    for reader in pipeline.nodes:
        for loaded in reader.inputs:
            maker, saved = made.get(untranscoded(loaded), (None, ""))
            if maker is None or not {maker.name, reader.name} <= group_of.keys():
                continue
            source, target = group_of[maker.name], group_of[reader.name]
            if source != target:
                yield Handover(saved, loaded, maker.name, reader.name, source, target)


def untranscoded(name: str) -> str:
    """Return the name of the dataset behind `table@pandas` and `table@spark`: `table`."""
    return name.partition("@")[0]


def circle(groups: Sequence[Group]) -> list[str]:
    """Return groups that wait for each other, the first of them again at the end; none: []."""
    try:
        TopologicalSorter({group.name: group.after for group in groups}).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def in_order(groups: Sequence[Group]) -> list[Group]:
    """Return the groups in an order in which they can run."""
    named = {group.name: group for group in groups}
    order = TopologicalSorter({group.name: group.after for group in groups}).static_order()
    return [named[name] for name in order if name in named]


def earlier(groups: Sequence[Group]) -> dict[str, set[str]]:
    """Return of each group all those that are over before it begins; the groups must have no circle."""
    found: dict[str, set[str]] = {}
    for group in in_order(groups):
        found[group.name] = set(group.after).union(*(found.get(name, set()) for name in group.after))
    return found


def _joined_by_memory(pipeline: Pipeline, catalog: DataCatalog) -> list[list[Node]]:
    """Return the nodes in sets between which nothing is handed over in memory."""
    alone = [Group(node.name, (node.name,)) for node in pipeline.nodes]
    joined = {node.name: [node.name] for node in pipeline.nodes}
    for each in handovers(pipeline, alone):
        if is_in_memory(each.saved, catalog) or is_in_memory(each.loaded, catalog):
            first, second = joined[each.maker], joined[each.reader]
            if first is not second:
                first += second
                joined |= dict.fromkeys(second, first)
    found = {id(names): set(names) for names in joined.values()}
    return [[node for node in pipeline.nodes if node.name in names] for names in found.values()]


def _after_each_other(pipeline: Pipeline, sets: Iterable[Sequence[Node]]) -> list[Group]:
    named = [tuple(node.name for node in nodes) for nodes in sets]
    groups = [Group("_".join(names), names) for names in named]  # as kedro-airflow calls them
    needs: dict[str, dict[str, None]] = {group.name: {} for group in groups}
    for each in handovers(pipeline, groups):
        needs[each.target][each.source] = None
    return [Group(group.name, group.nodes, tuple(needs[group.name])) for group in groups]
