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
    index = Node(
        index_image_folder,
        _options("path", "layout", "splits", "table", "on_bad_image", "audit"),
        "image_files",
        name="index_image_folder",
    )
    build = Node(
        build_image_dict,
        ["image_files", *_options("path", "images", "on_bad_image")],
        "images",
        name="build_image_dict",
    )
    audit = Node(
        audit_images,
        ["image_files", "images", *_options("path", "audit")],
        ["audit_table", "audit_marks", "audit_figure"],
        name="audit_images",
    )
    split = Node(
        split_images,
        [
            *("image_files", "images", "audit_marks", "split_memory_before"),
            *_options("path", "split", "on_bad_image"),
        ],
        ["image_index", "split_memory"],
        name="split_images",
    )
    return image_source.in_namespace("image_folder", [index, build, audit, split], with_index=True)


def _options(*names: str) -> list[str]:
    return [f"params:{name}" for name in names]
