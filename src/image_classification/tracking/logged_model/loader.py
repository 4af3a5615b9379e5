"""The loader that is copied into the folder of a recorded model, where this project may not be installed.

MLflow's own loader takes arrays of one dtype only, and a server makes another one of JSON: this one takes
every number that is a pixel, encoded image files, and nothing else.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mlflow.pytorch
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from image_classification.networks.answers import rule
from image_classification.tracking.logged_model.encoded import (
    Preprocessing,
    decoded_images,
    encoded_images,
    pixels_in,
    refused,
)

# what a caller may ask for, each true or false
ANSWERS, LABELS, PROBABILITIES = PARAMETERS = ("answers", "labels", "probabilities")
_LARGEST = 255
_AT_ONCE = 64  # decoded images


class ImageModel:
    """A model of images to the probabilities of classes, or to a table of labels."""

    def __init__(self, model: Any, metadata: Mapping[str, Any]) -> None:
        self._model = model
        self._preprocessing = Preprocessing.of(metadata)
        self._class_names: Sequence[str] = metadata["class_names"]
        self._calibration: Mapping[str, Any] | None = metadata.get("calibration")

    def predict(
        self, data: Any, params: dict[str, Any] | None = None
    ) -> npt.NDArray[np.float32] | pd.DataFrame:
        """Return the probability of each class for each image, (N, classes), or a table with a row per image.

        They are calibrated if there is a calibration in the metadata. The table has label and probability of
        the most probable class, and of a calibrated model answer (the label, or "unsure"), and set (a JSON
        list of the classes that it may be), as inference writes them.

        Args:
            data: images (N, C, H, W), whole numbers from 0 to 255 of any dtype, for the probabilities; or
                encoded image files, for the table: bytes, or text in base64, in a column `image` or the only
                one of a table, in a list or an array.
            params: `answers` or `labels`: a table for pixels, too; `probabilities`: a table with a column
                `probability/<class>` for each class.

        Raises:
            MlflowException: The data are not such images.
        """
        asked = params or {}
        encoded = encoded_images(data)
        if encoded is None:
            images = pixels(pixels_in(data), self._preprocessing.image_shape)
            probabilities = self._probabilities(images)
            if not any(asked.get(each) for each in PARAMETERS):
                return probabilities
            return self._table(probabilities, [self._looks(images)], asked)
        looks = [self._looks(np.zeros((0, *self._preprocessing.image_shape), dtype=np.uint8))]
        found = [np.zeros((0, len(self._class_names)), dtype=np.float32)]
        for start in range(0, len(encoded), _AT_ONCE):
            images = decoded_images(encoded[start : start + _AT_ONCE], self._preprocessing, start)
            found.append(self._probabilities(images))
            looks.append(self._looks(images))
        return self._table(np.concatenate(found), looks, asked)

    def _probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        probabilities: npt.NDArray[np.float32] = self._model.predict(images)
        return probabilities

    def _looks(self, images: npt.NDArray[np.uint8]) -> rule.Floats:
        return rule.looks_of(images) if self._calibration else np.zeros((len(images), 0))

    def _table(
        self, probabilities: npt.NDArray[np.float32], looks: Sequence[rule.Floats], asked: Mapping[str, Any]
    ) -> pd.DataFrame:
        labels = [self._class_names[each] for each in probabilities.argmax(axis=1)]
        columns: dict[str, Any] = {"label": labels, "probability": probabilities.max(axis=1, initial=0.0)}
        if self._calibration:
            answers, sets = rule.answers(
                probabilities, np.concatenate(looks), self._calibration, self._class_names
            )
            columns |= {"answer": answers, "set": sets}
        if asked.get(PROBABILITIES):
            columns |= {
                f"{rule.PROBABILITY}{name}": probabilities[:, place]
                for place, name in enumerate(self._class_names)
            }
        return pd.DataFrame(columns)


def pixels(data: Any, image_shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Convert arrays, tensors or nested lists to images (N, C, H, W) uint8, if that loses nothing.

    Raises:
        MlflowException: They are of another shape, or hold other numbers than pixels.
    """
    images = _numbers(data)
    if images is None or images.shape[1:] != image_shape:
        found = "no numbers" if images is None else " x ".join(map(str, images.shape))
        raise _refused(f"found {found}", image_shape)
    if images.dtype == np.uint8 or not images.size:
        return images.astype(np.uint8)
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= _LARGEST):  # also where it is not a number
        raise _refused(f"found {images.dtype} from {low} to {high}", image_shape)
    if not (images == np.floor(images)).all():
        hint = "; of numbers from 0 to 1, 255 times as much" if high <= 1 else ""
        raise _refused(f"found {images.dtype} with fractions from {low} to {high}{hint}", image_shape)
    if images.dtype.kind == "f" and high == 1:
        hint = "these seem to be pixels from 0 to 1: give 255 times as much"
        raise _refused(f"found {images.dtype} of 0 and 1 alone; {hint}", image_shape)
    return images.astype(np.uint8)


def _numbers(data: Any) -> npt.NDArray[Any] | None:
    try:
        # a server gives arrays of objects, whose dtype says nothing
        is_untyped = isinstance(data, np.ndarray) and data.dtype.kind == "O"
        images = np.asarray(data.tolist() if is_untyped else data)
    except ValueError:  # images of different sizes
        return None
    return images if images.dtype.kind in "uif" else None


def _refused(found: str, image_shape: tuple[int, ...]) -> MlflowException:
    expected = " x ".join(map(str, image_shape))
    return refused(
        f"The model takes images N x {expected} (channels, height, width), whole numbers from 0 to "
        f"{_LARGEST}, or encoded image files: {found}."
    )


def _load_pyfunc(path: str, model_config: dict[str, Any] | None = None) -> ImageModel:
    """Open the model for `mlflow.pyfunc.load_model`, which passes the network's folder inside the model's."""
    metadata = Model.load(str(Path(path).parent)).metadata or {}
    return ImageModel(mlflow.pytorch._load_pyfunc(path, model_config), metadata)
