"""The pipeline `inference`."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.inference.nodes import classify_images


def create_pipeline() -> Pipeline:
    """From new images and the network that was trained last to a table of labels."""
    return Pipeline(
        [
            Node(
                classify_images,
                inputs=[
                    "trained_network",
                    "params:inference.images",
                    "params:inference.table",
                    "params:inference.batch_size",
                    "params:inference.probabilities",
                ],
                outputs="classifications",
                name="classify_images",
            )
        ],
        namespace="inference",
        prefix_datasets_with_namespace=False,
    )
