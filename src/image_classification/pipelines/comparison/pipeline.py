"""The comparison pipeline: from the runs in MLflow to a leaderboard with its evidence."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.comparison.nodes import (
    compare_best_two,
    plot_curves,
    plot_parameters,
    rank_configurations,
    read_runs,
)


def create_pipeline() -> Pipeline:
    """Compare the recorded runs. It reads them and nothing else, and records no run of its own."""
    return Pipeline(
        [
            Node(
                read_runs,
                inputs="params:comparison",
                outputs=["compared_runs", "compared_curves"],
                name="read_runs",
            ),
            Node(
                rank_configurations,
                inputs=["compared_runs", "params:comparison"],
                outputs=["leaderboard", "leaderboard_csv"],
                name="rank_configurations",
            ),
            Node(
                compare_best_two,
                inputs=["leaderboard", "params:comparison"],
                outputs="significance",
                name="compare_best_two",
            ),
            Node(
                plot_parameters,
                inputs=["compared_runs", "params:comparison"],
                outputs="parallel_coordinates_figure",
                name="plot_parameters",
            ),
            Node(
                plot_curves,
                inputs=["compared_curves", "compared_runs", "leaderboard"],
                outputs="compared_learning_curves_figure",
                name="plot_curves",
            ),
        ],
        namespace="comparison",
        prefix_datasets_with_namespace=False,
    )
