from kedro.pipeline import Node, Pipeline

from tracked_project.nodes import (
    describe_images,
    evaluate_network,
    train_fixed_network,
    train_network,
    write_report,
)


def register_pipelines() -> dict[str, Pipeline]:
    data = Pipeline(
        [Node(describe_images, "params:mnist.images", "image_statistics", name="describe_images")]
    )
    modelling = Pipeline(
        [
            Node(
                train_network,
                [
                    "image_statistics",
                    "params:modelling.seed",
                    "params:modelling.network",
                    "params:modelling.optimizer",
                    "params:modelling.training",
                    "params:then",
                ],
                ["trained_network", "history"],
                name="train_network",
            ),
            Node(evaluate_network, "trained_network", "metrics", name="evaluate_network"),
            Node(write_report, "metrics", "report", name="write_report"),
        ]
    )
    # takes the kind of its network from elsewhere, as a training does that starts in the middle
    unbuilt = Pipeline(
        [
            Node(
                train_fixed_network,
                ["image_statistics", "params:modelling.training"],
                ["trained_network", "history"],
                name="train_fixed_network",
            )
        ]
    )
    return {"__default__": data + modelling, "unbuilt": unbuilt, "data": data, "modelling": modelling}
