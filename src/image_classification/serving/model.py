"""The network that is served: pictures in, what an answer says of them out."""

import io
import timeit
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from image_classification.images.reading.decode import UnreadableImageError
from image_classification.images.reading.pictures import open_picture
from image_classification.inference.given import GivenImage
from image_classification.inference.predictor import Predictor
from image_classification.networks.classifier import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.serving.batching import Answer

_MILLION = 10**6
_WHITE = 255
_TRIED = 4  # images
_WORTH = 1.3  # so many times faster several threads have to be


@dataclass(frozen=True)
class Origin:
    """Where a network is from.

    shown: for a person.
    facts: for programs, such as the run, and name and version in a registry.
    """

    shown: str
    facts: Mapping[str, str]


class ServedModel:
    """A network with everything around it.

    Args:
        network: on any device; it is moved.
        origin: where it is from.
        device: that computes: auto, cpu, cuda, mps.
    """

    def __init__(self, network: Classifier, origin: Origin, device: str = "auto") -> None:
        self.network, self.origin = network, origin
        self.digest = weights_digest(network)
        self.predictor = Predictor(network, device)
        self.description = network.description
        self.answers = self.predictor.answers

    @property
    def is_grey(self) -> bool:
        """Whether the network takes images of one channel."""
        return self.description.image_shape[0] == 1

    def warm_up(self) -> None:
        """Classify black images, as torch prepares much at its first, and choose the threads of this thread.

        One of torch's computes a small network, several a large one: they wait for each other after each
        layer, on a busy machine for long. (A small convolutional network on 2 busy cores: 140 answers a
        second by one thread, 4 by two.)
        """
        images = torch.zeros(_TRIED, *self.description.image_shape, dtype=torch.uint8)
        self.answers(images)
        most = torch.get_num_threads()
        if most == 1 or self.predictor.device.type != "cpu":
            return
        torch.set_num_threads(1)
        alone = self._seconds(images)
        torch.set_num_threads(most)
        if alone < _WORTH * self._seconds(images):
            torch.set_num_threads(1)

    def _seconds(self, images: Tensor) -> float:
        return min(timeit.repeat(lambda: self.answers(images), number=1, repeat=3))

    def read(self, image: GivenImage, megapixels: float, *, invert: bool) -> Tensor:
        """Return an image as the network takes it, (C, H, W) uint8.

        Args:
            image: content of a picture file, or numbers.
            megapixels: that it may have.
            invert: make black white.

        Raises:
            UnreadableImageError: why it cannot be read.
        """
        if isinstance(image.source, bytes):
            _require_pixels(image.source, megapixels)
        pixels = image.pixels(self.description)
        return _WHITE - pixels if invert else pixels

    def may_be_inverted(self, pixels: Tensor) -> bool:
        """Tell whether a grey image looks like a negative of those that the network has learned from."""
        if not self.is_grey:
            return False
        mean, learned = float(pixels.float().mean()) / _WHITE, self.description.mean[0]
        return abs(learned - 0.5) > 0.2 and abs(1 - mean - learned) + 0.2 < abs(mean - learned)

    def told(self, answer: Answer, top: int) -> dict[str, Any]:
        """Return what is told of an image, for JSON; top: how many of the most probable classes."""
        names, numbers = self.description.class_names, answer.probabilities
        order = np.argsort(-numbers, kind="stable")[:top]
        first = [{"label": names[each], "probability": float(numbers[each])} for each in order]
        return first[0] | {"probabilities": first, "answer": answer.answer, "set": answer.set}

    def about(self) -> dict[str, Any]:
        """Return what is told of the network, for JSON."""
        description = self.description
        channels, height, width = description.image_shape
        calibration = description.calibration
        return {
            "network": description.shown_name,
            "data": description.data_name,
            "classes": list(description.class_names),
            "image": {"channels": channels, "height": height, "width": width},
            "resize": description.resize,
            "interpolation": description.interpolation,
            "mean": list(description.mean),
            "std": list(description.std),
            "parameters": sum(each.numel() for each in self.network.parameters()),
            "weights_digest": self.digest,
            "index_digest": description.index_digest,
            "device": str(self.predictor.device),
            "views": list(self.predictor.views),
            "calibration": calibration
            and {
                "coverage": calibration.coverage,
                "right": calibration.right,
                "confidence": calibration.confidence,
                "images": calibration.images,
            },
            "origin": {"shown": self.origin.shown, **self.origin.facts},
        }


def _require_pixels(content: bytes, megapixels: float) -> None:
    """Refuse a picture that says in its header that it has more pixels than that.

    Raises:
        UnreadableImageError: with its size.
    """
    try:
        with open_picture(Path("picture"), io.BytesIO(content)) as picture:
            width, height = picture.size
    except Exception:  # what is wrong is told by who decodes it
        return
    if width * height > megapixels * _MILLION:
        raise UnreadableImageError(
            f"it has {width:,} × {height:,} pixels, and {megapixels:g} millions are the most"
        )
