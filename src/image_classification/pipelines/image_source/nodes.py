"""The nodes that every source of images shares."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from image_classification.images.sources import SOURCES
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import ImageStatistics, summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets


def plan_images(source: str, options: Mapping[str, Any]) -> ImageDictPlan:
    """Plan the image dict of a source, name -> {label: image}; saving the plan fills the store."""
    plan = SOURCES[source]
    assert plan is not None  # noqa: S101  (it has no pipeline of its own)
    return plan(SOURCES.options[source].model_validate(options))


def split_images(images: ImageDict, split: SplitOptions) -> pd.DataFrame:
    """Put every image into the training, the validation or the test set.

    The test set is what the source gave as such. The validation set is carved from the training images:
    stratified (a seeded draw, the same share of each class), or the last of them, or none.
    """
    return make_image_index(images, split)


def compute_image_statistics(images: ImageDict, image_index: pd.DataFrame) -> ImageStatistics:
    """Count the images per split and class, and take mean and deviation of the training images only."""
    return summarise_images(images, image_index)


def build_tensor_sets(
    images: ImageDict, image_index: pd.DataFrame
) -> tuple[ImageTensorDataset, ImageTensorDataset, ImageTensorDataset]:
    """Make the three datasets for torch: row numbers of the memory-mapped images, no copies."""
    sets = make_tensor_sets(images, image_index)
    return sets["train"], sets["validation"], sets["test"]
