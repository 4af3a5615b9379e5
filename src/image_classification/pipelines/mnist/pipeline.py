"""The pipeline `mnist`."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines import image_source
from image_classification.pipelines.mnist.nodes import build_image_dict, download_mnist


def create_pipeline() -> Pipeline:
    """From the mirrors to `mnist.train_set`, `mnist.validation_set` and `mnist.test_set`."""
    source = Pipeline(
        [
            Node(
                download_mnist,
                ["params:mirrors", "params:connect_timeout", "params:offline_fallback"],
                "archives",
                name="download_mnist",
            ),
            Node(build_image_dict, ["archives", "params:images"], "images", name="build_image_dict"),
        ]
    )
    return Pipeline([source, image_source.create_pipeline()], namespace="mnist")
