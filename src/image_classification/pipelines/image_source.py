"""What every source of images goes through once its images are in an image dict: index, statistics, sets."""

import pandas as pd
from kedro.pipeline import Node, Pipeline

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets


def create_pipeline() -> Pipeline:
    """From `images` to the datasets for torch, for a source that says which images are for testing."""
    split = Node(make_image_index, ["images", "params:split"], "image_index", name="split_images")
    return Pipeline([split, create_sets_pipeline()])


def create_sets_pipeline() -> Pipeline:
    """From `images` and `image_index` to the datasets for torch; each source uses it in its own namespace."""
    return Pipeline(
        [
            Node(
                summarise_images,
                ["images", "image_index"],
                "image_statistics",
                name="compute_image_statistics",
            ),
            Node(
                build_tensor_sets,
                ["images", "image_index"],
                ["train_set", "validation_set", "test_set"],
                name="build_tensor_sets",
            ),
        ]
    )


def build_tensor_sets(
    images: ImageDict, image_index: pd.DataFrame
) -> tuple[ImageTensorDataset, ImageTensorDataset, ImageTensorDataset]:
    """Make the three datasets for torch: row numbers of the memory-mapped images, no copies."""
    sets = make_tensor_sets(images, image_index)
    return sets["train"], sets["validation"], sets["test"]
