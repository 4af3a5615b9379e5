"""The node of the inference pipeline."""

import logging
from typing import cast

import pandas as pd

from image_classification.evaluation.new_images import InferenceOptions, Probabilities, classify, describe
from image_classification.images.folder.found_files import given_path, shown_name
from image_classification.images.folder.new_images import ClippedImages, find_new_images, read_new_images
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.reading.options import ResizeMode
from image_classification.learning.device import choose_device
from image_classification.networks import Classifier

logger = logging.getLogger(__name__)


def classify_images(
    trained_network: Classifier,
    images: str,
    table: PathTableOptions,
    batch_size: int,
    probabilities: Probabilities,
) -> pd.DataFrame:
    """Say what is on new images: a row per file with label and probability, or why it could not be read.

    The images are made to fit as those were that the network has been trained on.
    """
    path = given_path(InferenceOptions, "images", images)
    found = find_new_images(path, table)
    description = trained_network.description
    device = choose_device("auto")
    batches = ClippedImages(
        read_new_images(
            found.files,
            description.image_shape,
            cast("ResizeMode", description.resize),
            batch_size,
            description.value_range,
        ),
        found.files,
    )
    answers = classify(
        trained_network.to(device).eval(), description.class_names, batches, probabilities, device
    )
    hidden = f" Hidden files passed over: {found.hidden}." if found.hidden else ""
    level = logging.WARNING if (answers["reason"] != "").all() else logging.INFO
    logger.log(level, "%s%s", describe(answers, shown_name(str(path))), hidden)
    value_range = description.value_range
    if value_range and (value_range.integers or value_range.floats) and batches.names:
        logger.warning(
            "%d of the images, such as %s, are all but black or white where %s, the range of the training "
            "images, is mapped to black and white: are their numbers of another range?",
            len(batches.names),
            batches.names[0],
            value_range,
        )
    return answers
