"""The modelling pipeline: from image sets to a trained network and its test metrics."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.modelling.learning_rate import find_learning_rate
from image_classification.pipelines.modelling.nodes import build_network, evaluate_network, train_network
from image_classification.pipelines.modelling.record import record_training


def create_pipeline(source: str) -> Pipeline:
    """Wire the modelling nodes to the image sets of one source, such as `mnist`."""
    from_source = ("image_statistics", "train_set", "validation_set", "test_set")
    return Pipeline(
        [
            Node(
                build_network,
                inputs=["params:modelling.network", "params:modelling.seed", "image_statistics"],
                outputs="network",
                name="build_network",
            ),
            Node(
                find_learning_rate,
                inputs=[
                    "network",
                    "train_set",
                    "image_statistics",
                    "params:modelling.seed",
                    "params:modelling.loss",
                    "params:modelling.optimizer",
                    "params:modelling.schedule",
                    "params:modelling.augmentation",
                    "params:modelling.training",
                    # by itself, as it is no part of a training that only has it suggest something
                    "params:modelling.training.find_learning_rate",
                    "feature_cache",
                ],
                outputs="learning_rate_test",
                name="find_learning_rate",
            ),
            Node(
                train_network,
                inputs=[
                    "network",
                    "train_set",
                    "validation_set",
                    "test_set",
                    "image_statistics",
                    "params:modelling.seed",
                    "params:modelling.loss",
                    "params:modelling.optimizer",
                    "params:modelling.schedule",
                    "params:modelling.augmentation",
                    "params:modelling.training",
                    "checkpoints",
                    "feature_cache",
                    "params:modelling.calibration",
                    "params:modelling.evaluation.views",
                    "learning_rate_test",
                ],
                outputs=["trained_network", "history"],
                name="train_network",
            ),
            Node(
                evaluate_network,
                inputs=[
                    "trained_network",
                    "test_set",
                    "image_statistics",
                    "params:modelling.loss",
                    "params:modelling.training",
                    "params:modelling.evaluation",
                    "feature_cache",
                ],
                outputs=["predictions", "metrics", "class_metrics"],
                name="evaluate_network",
            ),
            Node(
                record_training,
                inputs=["trained_network", "params:modelling", "checkpoints", "learning_rate_test"],
                outputs="training_record",
                name="record_training",
            ),
        ],
        inputs={name: f"{source}.{name}" for name in from_source},
        # one namespace: kedro-viz draws the stage as one box that opens; dataset names stay as they are
        namespace="modelling",
        prefix_datasets_with_namespace=False,
    )
