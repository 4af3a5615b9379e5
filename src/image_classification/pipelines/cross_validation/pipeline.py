"""The pipeline `cross_validation`: folds, a training for each of them, their sum and the report."""

from kedro.pipeline import Node, Pipeline

from image_classification.images.store.folds import assign_folds
from image_classification.pipelines.cross_validation.nodes import cross_validate, summarise_cross_validation
from image_classification.pipelines.cross_validation.report import (
    FIGURES,
    draw_cross_validation,
    write_cross_validation_report,
)


def create_pipeline(source: str) -> Pipeline:
    """Divide the images of a source into folds, train on each, sum up, and report."""
    figures = {name: f"cross_validation_{name}_figure" for name in FIGURES}
    from_source = ("images", "image_index", "image_statistics")
    modelling = ("network", "seed", "loss", "optimizer", "schedule", "augmentation", "training", "evaluation")
    return Pipeline(
        [
            Node(
                assign_folds,
                ["images", "image_index", "params:cross_validation"],
                "folds",
                name="assign_folds",
            ),
            Node(
                cross_validate,
                [
                    *from_source,
                    "folds",
                    *(f"params:modelling.{name}" for name in modelling),
                    "feature_cache",
                    "studies",
                    "params:cross_validation",
                ],
                ["out_of_fold", "fold_metrics", "cross_validation_record"],
                name="cross_validate",
            ),
            Node(
                summarise_cross_validation,
                ["out_of_fold", "fold_metrics", "image_statistics", "params:modelling.evaluation"],
                "cross_validation_metrics",
                name="summarise_cross_validation",
            ),
            Node(
                draw_cross_validation,
                [
                    "images",
                    "out_of_fold",
                    "cross_validation_metrics",
                    "cross_validation_record",
                    "image_statistics",
                    "params:modelling.evaluation",
                    "params:reporting.mistakes",
                ],
                figures,
                name="draw_cross_validation",
            ),
            Node(
                write_cross_validation_report,
                {
                    "summary": "cross_validation_metrics",
                    "fold_metrics": "fold_metrics",
                    "record": "cross_validation_record",
                    "image_statistics": "image_statistics",
                    **figures,
                },
                "cross_validation_report",
                name="write_cross_validation_report",
            ),
        ],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="cross_validation",
        prefix_datasets_with_namespace=False,
    )
