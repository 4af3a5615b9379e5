"""The pipeline `inference`: classifying new images with the network that was trained last."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.pipeline import Node, Pipeline

from image_classification.evaluation.new_images import InferenceOptions, Probabilities, classify, describe
from image_classification.images.folder.found_files import given_path
from image_classification.images.folder.new_images import ClippedImages, find_new_images, read_new_images
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.reading.memory import budget_of
from image_classification.learning.device import choose_device
from image_classification.learning.room import require_room_to_classify
from image_classification.networks import Classifier
from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.views import calibration_for, seen_in
from image_classification.origins.declared import depends_on
from image_classification.words import printable

logger = logging.getLogger(__name__)


def _pictures(given: Mapping[str, Any]) -> list[Path]:
    path = given_path(InferenceOptions, "images", given["images"])
    return [path, *(file.path for file in find_new_images(path, PathTableOptions(**given["table"])).files)]


@depends_on(outside=_pictures)
def classify_images(
    trained_network: Classifier,
    images: str,
    table: PathTableOptions,
    batch_size: int,
    probabilities: Probabilities,
    decode_memory: float | None,
    views: Sequence[View] | None = None,
) -> pd.DataFrame:
    """Classify new images: a row per file with label and probability, or the reason why it could not be read.

    The images are resized as the training images of the network were. A network that was calibrated says of
    which images it is unsure, and which classes each may be of.
    """
    path = given_path(InferenceOptions, "images", images)
    found = find_new_images(path, table)
    description = trained_network.description
    device = choose_device("auto")
    at_once = min(batch_size, len(found.files))
    require_room_to_classify(description.image_shape, at_once, InferenceOptions.named("batch_size"), device)
    batches = ClippedImages(
        read_new_images(
            found.files,
            description.image_shape,
            description.resize,
            batch_size,
            description.value_range,
            budget_of(decode_memory, InferenceOptions.setting(decode_memory=16.0)),
            description.interpolation,
        ),
        found.files,
    )
    calibration = description.calibration
    if views is None:
        views = calibration.views if calibration else ()
    answers = classify(
        seen_in(trained_network.to(device).eval(), views),
        description.class_names,
        batches,
        probabilities,
        device,
        calibration_for(calibration, views),
    )
    hidden = f" Hidden files ignored: {found.hidden}." if found.hidden else ""
    for folder in found.closed:
        logger.warning("%s: what is in it is not classified.", folder)
    level = logging.WARNING if (answers["reason"] != "").all() else logging.INFO
    logger.log(level, "%s%s", describe(answers, printable(str(path))), hidden)
    value_range = description.value_range
    if value_range and (value_range.integers or value_range.floats) and batches.names:
        logger.warning(
            "%d of the images, such as %s, are almost entirely black or white where %s, the range of the "
            "training images, is mapped to black and white: are their values of another range?",
            len(batches.names),
            printable(batches.names[0]),
            value_range,
        )
    return answers


def create_pipeline() -> Pipeline:
    """Lead from new images and the network that was trained last to a table of labels."""
    options = [
        f"params:inference.{name}"
        for name in ("images", "table", "batch_size", "probabilities", "decode_memory", "views")
    ]
    node = Node(classify_images, ["trained_network", *options], "classifications", name="classify_images")
    return Pipeline([node], namespace="inference", prefix_datasets_with_namespace=False)
