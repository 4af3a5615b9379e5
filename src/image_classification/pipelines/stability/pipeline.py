"""The pipeline `stability`: a training for each of several seeds, their sum and the report."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.stability.nodes import (
    FIGURES,
    draw_stability,
    summarise_stability,
    train_with_seeds,
    write_stability_report,
)


def create_pipeline(source: str) -> Pipeline:
    """Train on the images of a source with several seeds, sum up, and report."""
    figures = {name: f"stability_{name}_figure" for name in FIGURES}
    from_source = ("train_set", "validation_set", "test_set", "image_statistics")
    return Pipeline(
        [
            Node(
                train_with_seeds,
                [*from_source, "params:modelling", "params:stability", "feature_cache", "studies"],
                ["stability_runs", "stability_history", "stability_record"],
                name="train_with_seeds",
            ),
            Node(
                summarise_stability,
                ["stability_runs", "image_statistics"],
                "stability_metrics",
                name="summarise_stability",
            ),
            Node(
                draw_stability,
                ["stability_runs", "stability_history", "stability_metrics", "stability_record"],
                figures,
                name="draw_stability",
            ),
            Node(
                write_stability_report,
                {
                    "summary": "stability_metrics",
                    "runs": "stability_runs",
                    "record": "stability_record",
                    "image_statistics": "image_statistics",
                    **figures,
                },
                "stability_report",
                name="write_stability_report",
            ),
        ],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="stability",
        prefix_datasets_with_namespace=False,
    )
