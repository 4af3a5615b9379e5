"""What follows a training: its network is calibrated on the validation images."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.fitting import fit_calibration, images_needed, is_possible
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.rule import Floats, looks_of
from image_classification.networks.classifier import Classifier
from image_classification.words import count_of

logger = logging.getLogger(__name__)


def looks_of_all(images: TensorDataset, batch_size: int) -> Floats:
    """Return what the images of a set, which has some, look like: (N, K), as `rule.looks_of` says."""
    batches = torch.arange(len(images)).split(batch_size)
    return np.concatenate([looks_of(images[indices][0].numpy()) for indices in batches])


def require_calibration(options: CalibrationOptions, images: TensorDataset, network: Classifier) -> None:
    """Refuse, before the training, to calibrate on too few images.

    Raises:
        UserError: naming how many are needed.
    """
    is_possible(options, len(images), len(network.description.class_names))


def calibrate(
    network: Classifier,
    images: TensorDataset,
    options: CalibrationOptions,
    views: Sequence[View],
    classify: Callable[[], tuple[Tensor, Tensor]],
    *,
    batch_size: int,
) -> None:
    """Calibrate the network in place, which changes its description and none of its weights.

    Args:
        network: trained, with the weights that are kept.
        images: the validation images, which may be none.
        options: what is promised.
        views: in which images are seen.
        classify: gives the logits (N, classes) of the images as seen in these views, and the labels (N,);
            called only if there are images enough.
        batch_size: images that are looked at at once; no effect on results.
    """
    description = network.description
    calibration = None
    if is_possible(options, len(images), len(description.class_names)):
        logits, labels = classify()
        looks = looks_of_all(images, batch_size)
        calibration = fit_calibration(logits, labels, looks, options, views)
        if calibration and calibration.answer_above is None:
            logger.warning(
                "Every answer will be 'unsure': the %s do not show that %g %% of any answers are right. "
                "More of them or a better network would, or promise less: %s.",
                count_of(len(images), "validation image"),
                100 * options.right,
                options.named("right"),
            )
    elif len(images) and options.enabled == "auto":
        logger.info(
            "Not calibrated, and never unsure: there are %s, and %d are needed.",
            count_of(len(images), "validation image"),
            images_needed(options),
        )
    network.description = description.model_copy(update={"calibration": calibration})
