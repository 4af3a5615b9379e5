"""Whether groups of a pipeline's nodes can run as tasks, each in a process of its own, and if not, why."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.deployment.groups import Group, Handover, circle, earlier, handovers
from image_classification.deployment.memory import is_in_memory
from image_classification.deployment.places import is_temporary, places, unordered
from image_classification.words import printable, some


def troubles(
    pipeline: Pipeline,
    groups: Sequence[Group],
    catalog: DataCatalog,
    project: Path,
    *,
    on_several_machines: bool = False,
) -> list[str]:
    """Return what would go wrong, one message each; none: the groups can run.

    Args:
        pipeline: whose nodes the groups have.
        groups: the tasks, each with those that it waits for.
        catalog: where datasets are, as the tasks will have it.
        project: its folder, from which relative paths start.
        on_several_machines: the tasks have nothing in common but what is outside of the project's folder.
    """
    handed = list(handovers(pipeline, groups))
    found = [*_of_nodes(pipeline, groups), *_made_by_nobody(pipeline, catalog), *_in_memory(handed, catalog)]
    if waiting := circle(groups):
        return [*found, _of_circle(waiting, handed)]
    found += [*_not_waited_for(handed, groups), *_at_the_same_time(pipeline, groups, catalog)]
    if on_several_machines:
        found += of_one_machine(pipeline, groups, catalog, project)
    return found


def of_one_machine(
    pipeline: Pipeline, groups: Iterable[Group], catalog: DataCatalog, project: Path
) -> list[str]:
    """Return what would go wrong on several machines, or in containers without a volume."""
    handed = [name for each in handovers(pipeline, groups) for name in (each.saved, each.loaded)]
    found = places([*handed, *pipeline.inputs()], catalog)
    own = {name: path for name, path in found.items() if path.is_relative_to(project)}
    temporary = {name: path for name, path in found.items() if name not in own and is_temporary(path)}
    return [
        f"{some(names)} {'is' if len(names) == 1 else 'are'} in {where}, which other machines and "
        "containers do not have. Name a folder that all of them have: --params data_folder=/shared/data"
        for names, where in (
            (sorted(own), f"the folder of the project, {printable(str(project))}"),
            (sorted(temporary), "the folder for temporary files"),
        )
        if names
    ]


def _of_nodes(pipeline: Pipeline, groups: Iterable[Group]) -> Iterator[str]:
    """Compare the nodes of the groups with those of the pipeline: a file may be older than the pipeline."""
    grouped = [node for group in groups for node in group.nodes]
    there = [node.name for node in pipeline.nodes]
    again = "The file is of another state of the pipeline: make it anew."
    if missing := [name for name in there if name not in grouped]:
        yield f"No task runs {some(missing)}. {again}"
    if unknown := [name for name in dict.fromkeys(grouped) if name not in there]:
        yield f"The pipeline has no {some(unknown)}, which a task would run. {again}"
    if twice := sorted({name for name in grouped if grouped.count(name) > 1}):
        yield f"Several tasks run {some(twice)}. {again}"


def _made_by_nobody(pipeline: Pipeline, catalog: DataCatalog) -> Iterator[str]:
    """Find what no node makes and no file holds: only who runs all nodes in one process could give it."""
    for name in sorted(pipeline.inputs()):
        if not is_parameter(name) and is_in_memory(name, catalog):
            readers = some(node.name for node in pipeline.nodes if name in node.inputs)
            yield (
                f"{printable(name)} {_where(name, catalog)}, and no node makes it: {readers} would not find "
                "it.\nGive it a file in conf/base/catalog.yml."
            )


def _where(name: str, catalog: DataCatalog) -> str:
    return "is a dataset of memory in the catalog" if name in catalog else "is not in the catalog"


def _in_memory(handed: Iterable[Handover], catalog: DataCatalog) -> Iterator[str]:
    lost = [
        (name, each)
        for each in handed
        for name in dict.fromkeys((each.saved, each.loaded))
        if is_in_memory(name, catalog)
    ]
    for name, uses in groupby(sorted(lost, key=lambda use: use[0]), key=lambda use: use[0]):
        found = [each for _, each in uses]
        readers = some(dict.fromkeys(f"{each.reader} (task {each.target})" for each in found))
        yield (
            f"{printable(name)} {_where(name, catalog)}: made by {found[0].maker} (task {found[0].source}), "
            f"it is gone when {readers} asks for it.\nGive it a file in conf/base/catalog.yml, or keep these "
            "nodes in one task: --group-by memory."
        )


def _of_circle(waiting: Sequence[str], handed: Sequence[Handover]) -> str:
    # graphlib names each before the one that waits for it
    steps = []
    for source, target in pairwise(waiting):
        needed = dict.fromkeys(
            each.loaded for each in handed if (each.source, each.target) == (source, target)
        )
        steps.append(f"{target} needs {some(needed)} of {source}")
    return (
        f"The tasks {' → '.join(waiting)} wait for each other: {'; '.join(steps)}.\n"
        "Group the nodes in another way: --group-by node."
    )


def _not_waited_for(handed: Iterable[Handover], groups: Sequence[Group]) -> Iterator[str]:
    before = earlier(groups)
    for each in handed:
        if each.source not in before[each.target]:
            yield (
                f"The task {each.target} reads {printable(each.loaded)} and does not wait for the task "
                f"{each.source}, which makes it. Make the file anew."
            )


def _at_the_same_time(pipeline: Pipeline, groups: Sequence[Group], catalog: DataCatalog) -> Iterator[str]:
    for written, other, writer, user in unordered(pipeline, groups, catalog):
        yield (
            f"The task {writer} writes {printable(written)}, which is the same file as {printable(other)} of "
            f"the task {user}, and neither waits for the other.\nGroup their nodes together, or give them "
            "two files."
        )
