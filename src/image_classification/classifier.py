"""The trained network for use in Python: `from image_classification import Classifier`, without Kedro.

classifier = Classifier.load("data/06_models/trained_network.safetensors")
classifier.predict("cat.jpg").label
classifier.predict_table("folder/of/images")
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from image_classification.errors import UserError
from image_classification.images.reading.decode import UnreadableImageError
from image_classification.inference.given import GivenImage, images_of
from image_classification.inference.predictor import Answers, Predictor
from image_classification.networks.answers.calibration import View
from image_classification.networks.classifier import Classifier as Network
from image_classification.networks.classifier import NetworkDescription
from image_classification.networks.storage import load_trained, network_file, place_of_network
from image_classification.threads import ahead_in_threads

_AT_ONCE = 256


@dataclass(frozen=True)
class Prediction:
    """What the classifier says of one image.

    label: the most probable class.
    probability: of that class.
    probabilities: of each class, the most probable one first.
    answer: the label, or "unsure"; None of a classifier that does not know its limits.
    set: the classes that it may be, with the coverage that the classifier was calibrated to; None likewise.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    answer: str | None = None
    set: tuple[str, ...] | None = None

    def top(self, count: int) -> dict[str, float]:
        """Return the most probable classes with their probabilities."""
        return dict(list(self.probabilities.items())[:count])


class Classifier:
    """A trained network with everything around it: any image in, labels and probabilities out.

    Args:
        network: with its description, in which everything stands that preparing images needs.
        device: that computes: auto, cpu, cuda, mps.
        views: in which images are seen beside as they are; None: those that the network was calibrated for.
    """

    def __init__(self, network: Network, device: str = "auto", views: Sequence[View] | None = None) -> None:
        self._predictor = Predictor(network, device, views)

    @classmethod
    def load(
        cls, where: str | os.PathLike[str], device: str = "auto", views: Sequence[View] | None = None
    ) -> Self:
        """Load a classifier.

        Args:
            where: the file of a network, such as data/06_models/trained_network.safetensors, or the folder
                of an export; a run of MLflow, "runs:/<run id>", or a registered model,
                "models:/<name>/<version>" or "models:/<name>@<alias>", of the store that MLFLOW_TRACKING_URI
                or `mlflow.set_tracking_uri` names.
            device: that computes: auto, cpu, cuda, mps.
            views: in which images are seen beside as they are: horizontal_flip, vertical_flip, crops; None:
                those that the network was calibrated for.

        Raises:
            UserError: there is no such network, or it is damaged.
        """
        text = os.fspath(where)
        if text.startswith(("runs:", "models:")):
            # MLflow takes two seconds, for those alone who use it
            from image_classification.tracking.references import local_network  # noqa: PLC0415

            return cls(load_trained(local_network(text).path), device, views)
        return cls(load_trained(network_file(place_of_network(text))), device, views)

    def __repr__(self) -> str:
        of = self.description
        return f"<Classifier {of.shown_name} of {len(of.class_names)} classes ({of.data_name})>"

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the probabilities of an array."""
        return self.description.class_names

    @property
    def description(self) -> NetworkDescription:
        """What the network is, what it was trained on, and how its images are prepared."""
        return self._predictor.description

    def predict(self, images: Any, batch_size: int = _AT_ONCE) -> Prediction | list[Prediction]:
        """Classify one image or many, of any size and mode.

        Args:
            images: the path of a picture, a folder or a table of pictures; an opened file, or its content; a
                picture of Pillow; an array (H, W) or (H, W, C), or a tensor (C, H, W), of bytes, or of
                fractions from 0 to 1; or several of these: in a list, by name in a dict, or along the first
                dimension of an array.
            batch_size: images that are in memory at once.

        Returns:
            For a single image its prediction; for several, even one in a list, a list in their order.

        Raises:
            UserError: an image cannot be read (`predict_table` goes on without it).
            TypeError: it is nothing of that kind.
        """
        given = images_of(images, self.description.image_shape[0])
        found: list[Prediction] = []
        for each, reasons, answers in self._batches(given.images, batch_size):
            for image, reason in zip(each, reasons, strict=True):
                if reason:
                    raise UserError(f"Image {image.name} cannot be read: {reason}.")
            found += self._predictions(answers)
        return found[0] if given.is_single else found

    def predict_table(self, images: Any, top: int = 1, batch_size: int = _AT_ONCE) -> pd.DataFrame:
        """Classify images into a table with a row each, in their order.

        Args:
            images: as for `predict`.
            top: how many of the most probable classes have columns: label and probability, and from the
                second on label_2, probability_2, …
            batch_size: images that are in memory at once.

        Returns:
            The columns file (the path, the name, or the number of the image), label, probability, …; answer
            and set (a list of names) where the classifier knows its limits; reason (why an image could not be
            read; else "").
        """
        given = images_of(images, self.description.image_shape[0]).images
        rows: list[dict[str, Any]] = []
        for each, reasons, answers in self._batches(given, batch_size):
            predictions = iter(self._predictions(answers))
            for image, reason in zip(each, reasons, strict=True):
                row = {} if reason else _row(next(predictions), top)
                rows.append({"file": image.name, **row, "reason": reason})
        return pd.DataFrame(rows, columns=self._columns(top))

    def probabilities(self, images: Any, batch_size: int = _AT_ONCE) -> npt.NDArray[np.float32]:
        """Return the probabilities of images, (N, classes), in the order of `class_names`.

        Args:
            images: as for `predict`; a single one is one row.
            batch_size: images that are in memory at once.

        Raises:
            UserError: an image cannot be read.
            TypeError: it is nothing of that kind.
        """
        found = self.predict(images, batch_size)
        each = [found] if isinstance(found, Prediction) else found
        rows = [[one.probabilities[name] for name in self.class_names] for one in each]
        return np.array(rows, dtype=np.float32).reshape(len(each), len(self.class_names))

    def _batches(
        self, images: Sequence[GivenImage], batch_size: int
    ) -> Iterator[tuple[Sequence[GivenImage], list[str], Answers]]:
        """Yield images, why each could not be read ("" if it could), and the answers to those that could."""

        def read(image: GivenImage) -> Tensor | str:
            try:
                return image.pixels(self.description)
            except UnreadableImageError as error:
                return str(error)

        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size is {batch_size!r}, expected 1 or more")
        batches = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
        for batch, read_ones in zip(batches, ahead_in_threads(read, batches), strict=True):
            pixels = [each for each in read_ones if isinstance(each, Tensor)]
            stacked = torch.stack(pixels) if pixels else torch.empty(0, *self.description.image_shape)
            reasons = [each if isinstance(each, str) else "" for each in read_ones]
            yield batch, reasons, self._predictor.answers(stacked)

    def _predictions(self, answers: Answers) -> list[Prediction]:
        found = []
        for row, probabilities in enumerate(answers.probabilities):
            order = np.argsort(-probabilities, kind="stable")
            named = {self.class_names[place]: float(probabilities[place]) for place in order}
            label, probability = next(iter(named.items()))
            answer = answers.answers[row] if answers.answers is not None else None
            known = tuple(answers.sets[row]) if answers.sets is not None else None
            found.append(Prediction(label, probability, named, answer, known))
        return found

    def _columns(self, top: int) -> list[str]:
        pairs = [("label", "probability")] + [(f"label_{n}", f"probability_{n}") for n in range(2, top + 1)]
        known = ["answer", "set"] if self._predictor.calibration else []
        return ["file", *(name for pair in pairs for name in pair), *known, "reason"]


def _row(prediction: Prediction, top: int) -> dict[str, Any]:
    """Return what a table says of an image."""
    row: dict[str, Any] = {}
    for number, (label, probability) in enumerate(prediction.top(top).items(), start=1):
        suffix = f"_{number}" if number > 1 else ""
        row |= {f"label{suffix}": label, f"probability{suffix}": probability}
    if prediction.set is not None:
        row |= {"answer": prediction.answer, "set": list(prediction.set)}
    return row
