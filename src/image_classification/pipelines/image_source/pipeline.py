"""The tail of every source: index, statistics and the three splits."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.image_source.nodes import (
    build_tensor_sets,
    compute_image_statistics,
    split_images,
)


def create_pipeline() -> Pipeline:
    """From `images` to the datasets for torch, for a source that says which images are for testing."""
    split = Node(split_images, ["images", "params:split"], "image_index", name="split_images")
    return Pipeline([split, create_sets_pipeline()])


def create_sets_pipeline() -> Pipeline:
    """From `images` and `image_index` to the datasets for torch; each source uses it in its own namespace."""
    return Pipeline(
        [
            Node(
                compute_image_statistics,
                ["images", "image_index"],
                "image_statistics",
                name="compute_image_statistics",
            ),
            Node(
                build_tensor_sets,
                ["images", "image_index"],
                ["train_set", "validation_set", "test_set"],
                name="build_tensor_sets",
            ),
        ]
    )
