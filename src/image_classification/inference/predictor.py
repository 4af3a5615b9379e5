"""A trained network that answers: pixels in, probabilities and answers out, the same way everywhere."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.learning.device import choose_device
from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.rule import looks_of
from image_classification.networks.answers.views import calibration_for, seen_in
from image_classification.networks.classifier import Classifier


class Answers(NamedTuple):
    """Of N images.

    probabilities: (N, classes) float32, calibrated where the network is.
    answers: the label of each, or "unsure"; None of a network that does not know its limits.
    sets: the classes that each may be, the most probable one first; None likewise.
    """

    probabilities: npt.NDArray[np.float32]
    answers: Sequence[str] | None
    sets: Sequence[list[str]] | None


class Predictor:
    """A network on a device, in evaluation mode.

    Args:
        network: moved to the device.
        device: a name of torch's, or auto.
        views: in which images are seen beside as they are; None: those that the network was calibrated for.
    """

    def __init__(
        self, network: Classifier, device: str = "auto", views: Sequence[View] | None = None
    ) -> None:
        self.description = network.description
        self.device = choose_device(device)
        calibration = self.description.calibration
        self.views: Sequence[View] = views if views is not None else calibration.views if calibration else ()
        self.calibration = calibration_for(calibration, self.views)
        # channels last, as in training: convolutions take half the time
        network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self._network = seen_in(network.eval(), self.views)

    @torch.inference_mode()
    def probabilities(self, images: Tensor) -> npt.NDArray[np.float32]:
        """Map images (N, C, H, W) uint8 to probabilities (N, classes)."""
        if not len(images):
            return np.empty((0, len(self.description.class_names)), dtype=np.float32)
        logits = self._network(images.to(self.device)).float().cpu()
        found = self.calibration.probabilities(logits) if self.calibration else logits.softmax(dim=1)
        numbers: npt.NDArray[Any] = found.numpy()
        return numbers

    def answers(self, images: Tensor) -> Answers:
        """Map images (N, C, H, W) uint8 to probabilities, answers and sets."""
        probabilities = self.probabilities(images)
        if self.calibration is None:
            return Answers(probabilities, None, None)
        if not len(images):
            return Answers(probabilities, [], [])
        names = self.description.class_names
        answers, sets = self.calibration.named_answers(probabilities, looks_of(images.numpy()), names)
        return Answers(probabilities, answers, sets)
