"""The project's own format: safetensors, and the description in its metadata."""

from pathlib import Path

import torch
from torch import Tensor

from image_classification.export.formats.opened import Opened
from image_classification.export.preprocessing import preprocessing_of
from image_classification.networks.answers.probabilities import ProbabilityModel
from image_classification.networks.storage import load_classifier


def open_bundle(path: Path) -> Opened:
    """Rebuild the classifier.

    Raises:
        UserError: the file holds none, or is damaged.
    """
    classifier = load_classifier(path)
    model = ProbabilityModel(classifier, classifier.description.calibration).eval()

    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        probabilities: Tensor = model(images)
        return probabilities.clone()

    return Opened(run, preprocessing_of(classifier).facts)
