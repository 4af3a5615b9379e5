"""A classifier with softmax on top: what is recorded, exported and served gives probabilities."""

import torch
from torch import Tensor, nn

from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.answers.views import seen_in


class ProbabilityModel(nn.Module):
    """The classifier with softmax on top: uint8 images (N, C, H, W) in, probabilities (N, classes) out.

    They are calibrated, where the classifier is.
    """

    def __init__(self, classifier: nn.Module, calibration: Calibration | None = None) -> None:
        super().__init__()
        self.classifier = seen_in(classifier, calibration.views if calibration else ())
        self.temperature = calibration.temperature if calibration else 1.0

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, H, W) uint8 to probabilities (N, classes) float32 that sum to 1."""
        logits: Tensor = self.classifier(images)
        return torch.softmax(logits.float() / self.temperature, dim=1)
