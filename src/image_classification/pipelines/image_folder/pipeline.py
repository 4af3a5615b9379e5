"""The pipeline `image_folder`."""

from kedro.pipeline import Node, Pipeline

from image_classification.pipelines import image_source
from image_classification.pipelines.image_folder.nodes import (
    audit_images,
    build_image_dict,
    index_image_folder,
    split_images,
)


def create_pipeline() -> Pipeline:
    """From a person's folder to `image_folder.train_set`, `.validation_set` and `.test_set`."""
    nodes = [
        Node(
            index_image_folder,
            [
                "params:path",
                "params:layout",
                "params:splits",
                "params:table",
                "params:on_bad_image",
                "params:audit",
            ],
            "image_files",
            name="index_image_folder",
        ),
        Node(
            build_image_dict,
            ["image_files", "params:path", "params:images", "params:on_bad_image"],
            "images",
            name="build_image_dict",
        ),
        Node(
            audit_images,
            ["image_files", "images", "params:path", "params:audit"],
            ["audit_table", "audit_marks", "audit_figure"],
            name="audit_images",
        ),
        Node(
            split_images,
            [
                "image_files",
                "images",
                "audit_marks",
                "split_memory_before",
                "params:path",
                "params:split",
                "params:on_bad_image",
            ],
            ["image_index", "split_memory"],
            name="split_images",
        ),
    ]
    return image_source.in_namespace("image_folder", nodes, with_index=True)
