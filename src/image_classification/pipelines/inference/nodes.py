"""The node of the inference pipeline."""

import logging
from typing import cast

import pandas as pd
import torch
from torch import Tensor

from image_classification.images.given_path import given_path
from image_classification.images.new_images import find_new_images, read_new_images
from image_classification.learning.device import choose_device
from image_classification.networks import Classifier
from image_classification.parameters.image_folder import ResizeMode

logger = logging.getLogger(__name__)


def classify_images(trained_network: Classifier, images: str, batch_size: int) -> pd.DataFrame:
    """Say what is on new images: a row per file with label and probability, or why it could not be read.

    The images are made to fit as those were that the network has been trained on.
    """
    path = given_path("inference.images", images)
    names = find_new_images(path)
    description = trained_network.description
    device = choose_device("auto")
    network = trained_network.to(device).eval()
    rows: list[tuple[str, str, float | None, str]] = []
    batches = read_new_images(
        path.parent if path.is_file() else path,
        names,
        description.image_shape,
        cast("ResizeMode", description.resize),
        batch_size,
        description.value_range,
    )
    for batch in batches:
        found = iter(_most_probable(network, batch.images.to(device)))
        for name, reason in zip(batch.names, batch.reasons, strict=True):
            label, probability = ("", None) if reason else next(found)
            rows.append((name, label, probability, reason))
    unread = sum(bool(reason) for *_, reason in rows)
    logger.info(
        "Classified %d images in %s%s.",
        len(rows) - unread,
        path,
        f"; {unread} files could not be read (column reason)" if unread else "",
    )
    return pd.DataFrame(rows, columns=["file", "label", "probability", "reason"])


@torch.inference_mode()
def _most_probable(network: Classifier, images: Tensor) -> list[tuple[str, float]]:
    """Name the class of each of the images (m, C, H, W) uint8, and its probability."""
    if not len(images):
        return []
    probabilities, labels = network(images).float().softmax(dim=1).max(dim=1)  # (m,), (m,)
    names = [network.description.class_names[label] for label in labels.tolist()]
    return list(zip(names, probabilities.tolist(), strict=True))
