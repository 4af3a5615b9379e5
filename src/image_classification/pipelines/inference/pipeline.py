"""The wiring of the pipeline `inference`."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines.inference.nodes import (
    FIGURES,
    classify_images,
    draw_new_images,
    evaluate_new_images,
    open_new_images,
    write_inference_report,
    write_tables,
)

_OPTIONS = (
    *("images", "model", "table", "labels", "top"),
    *("batch_size", "probabilities", "decode_memory", "views"),
)


def create_pipeline() -> Pipeline:
    """Lead from new images and a network to a table of labels, and to metrics where classes are known."""
    figures = {name: f"inference_{name}_figure" for name in FIGURES}
    options = [f"params:inference.{name}" for name in _OPTIONS]
    nodes = [
        Node(open_new_images, "params:inference.images", "inference_place", name="open_new_images"),
        Node(
            classify_images,
            ["inference_place", "last_network", *options],
            "inference_parts",
            name="classify_images",
        ),
        Node(
            write_tables,
            ["inference_parts", "last_image_index"],
            ["classifications", "classifications_csv", "inference_predictions"],
            name="write_tables",
        ),
        Node(
            evaluate_new_images,
            ["inference_parts", "inference_predictions", "params:modelling.evaluation"],
            ["inference_metrics", "inference_class_metrics"],
            name="evaluate_new_images",
        ),
        Node(
            draw_new_images,
            [
                *("inference_parts", "inference_predictions", "inference_class_metrics"),
                *("params:modelling.evaluation", "params:reporting.mistakes"),
            ],
            figures,
            name="draw_new_images",
        ),
        Node(
            write_inference_report,
            {
                "inference_parts": "inference_parts",
                "inference_metrics": "inference_metrics",
                "class_metrics": "inference_class_metrics",
                **figures,
            },
            "inference_report",
            name="write_inference_report",
        ),
    ]
    return Pipeline(nodes, namespace="inference", prefix_datasets_with_namespace=False)
