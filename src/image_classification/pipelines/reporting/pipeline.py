"""The reporting pipeline: from what a run measured to what a person looks at."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.reporting.nodes import plot_confusion_matrix, plot_learning_curves


def create_pipeline() -> Pipeline:
    """Draw the figures of the last training."""
    return Pipeline(
        [
            Node(
                plot_learning_curves,
                inputs=["history", "trained_network"],
                outputs="learning_curves",
                name="plot_learning_curves",
            ),
            Node(
                plot_confusion_matrix,
                inputs=["predictions", "trained_network"],
                outputs="confusion_matrix",
                name="plot_confusion_matrix",
            ),
        ],
        namespace="reporting",
        prefix_datasets_with_namespace=False,
    )
