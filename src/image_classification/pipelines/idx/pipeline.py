"""The pipelines `mnist` and `idx`: a data set in MNIST's format, from its archives to sets for torch."""

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines import image_source
from image_classification.pipelines.idx.nodes import build_image_dict, download_mnist, find_archives

_GET: dict[str, tuple[Callable[..., object], tuple[str, ...]]] = {
    "mnist": (download_mnist, ("mirrors", "connect_timeout", "offline_fallback")),
    "idx": (
        find_archives,
        ("path", "files", "name", "class_names", "checksums", "transpose", "connect_timeout"),
    ),
}


def create_pipeline(source: str) -> Pipeline:
    """From the archives to `<source>.train_set`, `.validation_set` and `.test_set`, of mnist or idx."""
    function, options = _GET[source]
    get = Node(function, [f"params:{option}" for option in options], "archives", name=function.__name__)
    build = Node(build_image_dict, ["archives", "params:images"], "images", name="build_image_dict")
    return Pipeline([get, build, image_source.create_pipeline()], namespace=source)
