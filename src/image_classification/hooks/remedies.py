"""Which command makes a dataset that is missing or damaged."""

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.catalog_files import exists, file_of, registered


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
    # one that lacks something itself would only ask for the next
    startable = [key for key in by_size if _can_start(makers[key], catalog)] or by_size[:1]
    key = startable[0]
    node = next(node.name for node in makers[key].nodes if name in node.outputs)
    if file_of(name, catalog) is None:
        return f"Start from the node that makes it: --from-nodes {node}"
    others = [other for other in startable[1:] if not set(makers[key].nodes) <= set(makers[other].nodes)]
    also = f", or kedro run --pipeline {others[0]}" if others else ""
    return f"{again}: kedro run --pipeline {key} (node {node}){also}"


def _can_start(pipeline: Pipeline, catalog: DataCatalog) -> bool:
    return all(is_parameter(name) or exists(name, catalog) for name in pipeline.inputs())
