"""The loader that is copied into the folder of a recorded model, where this project may not be installed.

MLflow's own loader takes arrays of one dtype only, and a server makes another one of JSON: this one takes
every number that is a pixel, and nothing else.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow.pytorch
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

_LARGEST = 255
RULE = "image_model_rule"  # the module that makes answers of probabilities, beside this one


class ImageModel:
    """A model of images (N, C, H, W), whole numbers from 0 to 255 of any dtype, to probabilities float32."""

    def __init__(self, model: Any, metadata: Mapping[str, Any]) -> None:
        self._model = model
        self._image_shape = tuple(metadata["image_shape"])
        self._class_names = metadata["class_names"]
        self._calibration = metadata.get("calibration")

    def predict(
        self, data: Any, params: dict[str, Any] | None = None
    ) -> npt.NDArray[np.float32] | pd.DataFrame:
        """Return the probability of each class for each image, (N, classes).

        They are calibrated if there is a calibration in the metadata. Of such a model, the parameter
        `answers` asks for a table instead: label and probability of the most probable class, answer (the
        label, or "unsure"), and set (a JSON list of the classes that it may be), as inference writes them.

        Raises:
            MlflowException: The data are not such images.
        """
        images = pixels(data, self._image_shape)
        probabilities: npt.NDArray[np.float32] = self._model.predict(images)
        if not (params or {}).get("answers") or not self._calibration:
            return probabilities
        rule = import_module(RULE)
        looks = rule.looks_of(images)
        answers, sets = rule.answers(probabilities, looks, self._calibration, self._class_names)
        labels = [self._class_names[each] for each in probabilities.argmax(axis=1)]
        best = probabilities.max(axis=1, initial=0.0)
        return pd.DataFrame({"label": labels, "probability": best, "answer": answers, "set": sets})


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
    return MlflowException(
        f"The model takes images N x {expected} (channels, height, width), whole numbers from 0 to "
        f"{_LARGEST}: {found}.",
        error_code=INVALID_PARAMETER_VALUE,
    )


def _load_pyfunc(path: str, model_config: dict[str, Any] | None = None) -> ImageModel:
    """Open the model for `mlflow.pyfunc.load_model`, which passes the network's folder inside the model's."""
    metadata = Model.load(str(Path(path).parent)).metadata or {}
    return ImageModel(mlflow.pytorch._load_pyfunc(path, model_config), metadata)
