"""Which command makes a dataset that is missing or damaged."""

from collections.abc import Iterable

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.catalog_files import exists, file_of, local_path, registered


def remedy(name: str, catalog: DataCatalog, again: str = "Make it first") -> str:
    """Say which command makes a dataset: that of the smallest pipeline that makes it and can be started now.

    Args:
        name: Of the dataset.
        catalog: It is in.
        again: What is said before the command.
    """
    makers = {key: pipeline for key, pipeline in registered().items() if name in pipeline.all_outputs()}
    if not makers:
        return "No pipeline makes it."
    by_size = sorted((key for key in makers if key != "__default__"), key=lambda key: len(makers[key].nodes))
    if source := made_from([name], catalog):
        by_size = [key for key in by_size if _sources(makers[key].datasets()) == source] or by_size
    # one that lacks something itself would only ask for the next
    startable = [key for key in by_size if _can_start(makers[key], catalog)] or by_size[:1]
    key = startable[0]
    node = next(node.name for node in makers[key].nodes if name in node.outputs)
    if file_of(name, catalog) is None:
        return f"Start from the node that makes it: --from-nodes {node}"
    others = [other for other in startable[1:] if not set(makers[key].nodes) <= set(makers[other].nodes)]
    also = f", or kedro run --pipeline {others[0]}" if others else ""
    return f"{again}: kedro run --pipeline {key} (node {node}){also}"


def made_from(names: Iterable[str], catalog: DataCatalog) -> set[str]:
    """Return the sources of images that datasets were made from, as far as is recorded beside their files."""
    from image_classification.origins.record import read_origin  # noqa: PLC0415

    paths = [path for name in names if name in catalog and (path := local_path(name, catalog))]
    return _sources(name for path in paths if (origin := read_origin(path)) for name in origin.lineage)


def pipeline_with(nodes: set[str], source: set[str]) -> str:
    """Return the smallest pipeline with these nodes, of those for a source of images if there are some."""
    having = {
        name: pipeline
        for name, pipeline in registered().items()
        if name != "__default__" and nodes <= {node.name for node in pipeline.nodes}
    }
    of_source = [name for name in having if source and _sources(having[name].datasets()) == source]
    return min(of_source or having, key=lambda name: len(having[name].nodes), default="__default__")


def _sources(datasets: Iterable[str]) -> set[str]:
    from image_classification.images.sources import SOURCES  # noqa: PLC0415  (torch: not for --help)

    return {name.partition(".")[0] for name in datasets} & set(SOURCES)


def _can_start(pipeline: Pipeline, catalog: DataCatalog) -> bool:
    """Tell whether everything is there that a pipeline reads: datasets, and the path of a person's images."""
    sources = {
        name.removeprefix("params:").partition(".")[0] for name in pipeline.inputs() if is_parameter(name)
    }
    paths = [path for source in sources if (path := f"params:{source}.path") in catalog]
    if not all(catalog.load(path) for path in paths):
        return False
    return all(is_parameter(name) or exists(name, catalog) for name in pipeline.inputs())
