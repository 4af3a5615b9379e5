"""The reporting pipeline: from what a run measured to what a person looks at."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.reporting.documents import write_model_card, write_report
from image_classification.pipelines.reporting.figures import FIGURES, draw_overview


def create_pipeline(source: str, *, audit: str | None = None) -> Pipeline:
    """Draw the figures of the last training and write its documents.

    Args:
        source: the source of its images, such as `mnist`.
        audit: the dataset with the findings of an audit, without the name of the source, if there is one.
    """
    from_source = ["image_statistics", "train_set", "test_set", *([audit] if audit else [])]
    of_all = ["trained_network", "training_record", "metrics", "class_metrics", "image_statistics"]
    of_the_report = {name: name for name in (*of_all, "history")}
    of_the_report |= {figure.name: figure.dataset for figure in FIGURES} | ({"audit": audit} if audit else {})
    of_the_overview = ["history", "predictions", "test_set", "trained_network"]
    of_the_card = [*of_all, "params:reporting.model_card"]
    return Pipeline(
        [
            *(figure.node for figure in FIGURES),
            Node(draw_overview, of_the_overview, "overview", name="draw_overview"),
            Node(write_report, of_the_report, "report", name="write_report"),
            Node(write_model_card, of_the_card, "model_card", name="write_model_card"),
        ],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="reporting",
        prefix_datasets_with_namespace=False,
    )
