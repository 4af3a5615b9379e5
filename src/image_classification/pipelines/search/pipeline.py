"""The pipeline `search`: trainings with parameters that are drawn, the best of them, and the report."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.search.best import describe_best
from image_classification.pipelines.search.nodes import search_parameters
from image_classification.pipelines.search.report import FIGURES, draw_search, write_search_report


def create_pipeline(source: str) -> Pipeline:
    """Search on the training and validation images of a source; its test images are no input of any node."""
    figures = {name: f"search_{name}_figure" for name in FIGURES}
    from_source = ("train_set", "validation_set", "image_statistics")
    return Pipeline(
        [
            Node(
                search_parameters,
                [*from_source, "params:modelling", "params:search", "feature_cache", "studies"],
                ["search_trials", "search_history", "search_record"],
                name="search_parameters",
            ),
            Node(
                describe_best,
                ["search_trials", "search_record", "params:modelling", "params:search"],
                "best_parameters",
                name="describe_best",
            ),
            Node(
                draw_search,
                [
                    "search_trials",
                    "search_history",
                    "search_record",
                    "image_statistics",
                    "params:modelling",
                    "params:search",
                ],
                figures,
                name="draw_search",
            ),
            Node(
                write_search_report,
                {
                    "table": "search_trials",
                    "record": "search_record",
                    "image_statistics": "image_statistics",
                    **figures,
                },
                "search_report",
                name="write_search_report",
            ),
        ],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="search",
        prefix_datasets_with_namespace=False,
    )
