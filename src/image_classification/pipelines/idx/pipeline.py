"""The pipelines `mnist` and `idx`: a data set in MNIST's format, from its archives to sets for torch."""

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines import image_source
from image_classification.pipelines.idx.nodes import build_image_dict, download_mnist, find_archives

_GET: dict[str, Callable[..., object]] = {"mnist": download_mnist, "idx": find_archives}


def create_pipeline(source: str) -> Pipeline:
    """From the archives to `<source>.train_set`, `.validation_set` and `.test_set`, of mnist or idx."""
    get = _GET[source]
    nodes = [
        Node(get, "params:options", "archives", name=get.__name__),
        Node(build_image_dict, ["archives", "params:images"], "images", name="build_image_dict"),
    ]
    return image_source.in_namespace(source, nodes)
