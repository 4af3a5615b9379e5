"""From the images of any source to the datasets for torch."""

from functools import partial

from kedro.pipeline import Node, Pipeline

from image_classification.images.sources import SOURCES
from image_classification.pipelines.image_source.nodes import (
    build_tensor_sets,
    compute_image_statistics,
    plan_images,
    split_images,
)


def create_pipeline(source: str) -> Pipeline:
    """From the options of a source, whose images are planned as it is registered, to its three sets.

    Raises:
        ValueError: the source has a pipeline of its own.
    """
    if SOURCES[source] is None:
        raise ValueError(f"The source {source} has a pipeline of its own")
    plan = Node(partial(plan_images, source), "params:options", "images", name="plan_images")
    return in_namespace(source, [plan])


def in_namespace(source: str, nodes: list[Node], *, with_index: bool = False) -> Pipeline:
    """Put the nodes that make `images`, and what follows for all sources, into the namespace of a source.

    Args:
        source: its name; its whole section of the parameters is `params:options` of the nodes, a mapping.
        nodes: those of the source alone.
        with_index: they make `image_index` too: who is in which split.
    """
    split = Node(split_images, ["images", "params:split"], "image_index", name="split_images")
    statistics = Node(
        compute_image_statistics,
        ["images", "image_index"],
        "image_statistics",
        name="compute_image_statistics",
    )
    sets = Node(
        build_tensor_sets,
        ["images", "image_index"],
        ["train_set", "validation_set", "test_set"],
        name="build_tensor_sets",
    )
    all_nodes = [*nodes, *([] if with_index else [split]), statistics, sets]
    options = {"params:options": f"params:{source}"}
    used = options if any("params:options" in node.inputs for node in nodes) else {}
    return Pipeline(all_nodes, namespace=source, parameters=used)
