"""Where files are, as seen from several tasks: which of them only one machine or one container would find."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import local_file
from image_classification.deployment.groups import Group, earlier


def is_temporary(path: Path) -> bool:
    """Whether a path is in the folder for temporary files, of which each container has its own."""
    return path.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve())


def places(names: Iterable[str], catalog: DataCatalog) -> dict[str, Path]:
    """Return the files and folders of datasets, of those that have one on this machine."""
    found = {name: local_file(name, catalog) for name in names}
    return {name: path for name, path in found.items() if path is not None}


def unordered(
    pipeline: Pipeline, groups: Iterable[Group], catalog: DataCatalog
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what two groups may do to one file at the same time, under two names: two datasets, two groups.

    The first one writes it. What goes by one name orders the groups that use it.
    """
    groups = list(groups)
    before, nodes = earlier(groups), {node.name: node for node in pipeline.nodes}
    used: dict[Path, dict[tuple[str, str], bool]] = {}  # by name and group: is it written?
    for group in groups:
        for node in (nodes[name] for name in group.nodes if name in nodes):
            for is_written, names in ((False, node.inputs), (True, node.outputs)):
                for name, path in places(names, catalog).items():
                    uses = used.setdefault(path, {})
                    uses[name, group.name] = uses.get((name, group.name), False) or is_written
    for uses in used.values():
        for (written, writer), is_written in uses.items():
            for other, user in uses if is_written else ():
                waits = writer in before.get(user, ()) or user in before.get(writer, ())
                if other != written and user != writer and not waits:
                    yield written, other, writer, user
