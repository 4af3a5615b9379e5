"""Encoded image files, as a recorded model is given them: found in tables, lists and arrays, and decoded.

This is copied into the folder of a recorded model, as is all that it imports of this project.
"""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from image_classification.images.reading.deep_pixels import deep_mode
from image_classification.images.reading.portable.decoding import UNMISTAKABLE, fitted, is_dng
from image_classification.images.reading.portable.modes import Interpolation, ResizeMode
from image_classification.images.reading.portable.narrowing import GivenNumbers

COLUMN = "image"  # of a table that has others, too
# a picture of 8,000 x 8,000 takes a gigabyte to decode; one of more bits a channel several times that
MOST_PIXELS, MOST_DEEP_PIXELS = 2**26, 2**24
_DATA_ADDRESS = re.compile(r"data:[^,]{0,100};base64,")
_FROM_ADDRESSES = str.maketrans("-_", "+/")
_ENCODED = (bytes, bytearray, memoryview, str)


class UnreadableError(Exception):
    """An image cannot be decoded; the message is the reason."""


@dataclass(frozen=True)
class Preprocessing:
    """What the images of a network are turned into.

    Attributes:
        image_shape: channels (1 or 3), height, width.
        resize, interpolation: how they are made to fit.
        value_range: which numbers of pictures of more than 8 bits a channel become black and white.
    """

    image_shape: tuple[int, int, int]
    resize: ResizeMode
    interpolation: Interpolation
    value_range: GivenNumbers

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "Preprocessing":
        """Read it from the metadata of a recorded model."""
        channels, height, width = metadata["image_shape"]
        numbers = metadata.get("value_range") or {}
        ranges = [numbers.get(name) and tuple(numbers[name]) for name in ("integers", "floats")]
        value_range = GivenNumbers(ranges[0], ranges[1], tuple(numbers.get("no_data", ())))
        return cls(
            (channels, height, width),
            metadata.get("resize", "stretch"),
            metadata.get("interpolation", "bilinear"),
            value_range,
        )

    def decode(self, content: bytes) -> npt.NDArray[np.uint8]:
        """Decode an image file, upright, to image_shape uint8, as the training images were.

        Raises:
            UnreadableError: why it cannot be.
        """
        if not content:
            raise UnreadableError("there is nothing in it")
        file = io.BytesIO(content)
        try:
            with Image.open(file, formats=_formats()) as picture:
                _require_ordinary(picture)
                numbers = self.value_range
                image = fitted(picture, file, self.image_shape, self.resize, self.interpolation, numbers)
        except UnreadableError:
            raise
        except UnidentifiedImageError as error:
            raise UnreadableError(f"it is no picture of the formats {', '.join(_formats())}") from error
        except Image.DecompressionBombError as error:
            raise UnreadableError(
                f"it has more than {MOST_PIXELS:,} pixels, the most that are taken"
            ) from error
        except Exception as error:  # Pillow's parsers raise errors of every kind on broken files
            raise UnreadableError(str(error) or type(error).__name__) from error
        decoded: npt.NDArray[np.uint8] = image.numpy()
        return decoded


def _formats() -> list[str]:
    """Return the formats that are read: those that nothing else is mistaken for."""
    Image.init()
    return [each for each in UNMISTAKABLE if each in Image.OPEN]


def _require_ordinary(picture: Image.Image) -> None:
    most = MOST_DEEP_PIXELS if deep_mode(picture) else MOST_PIXELS
    if picture.width * picture.height > most:
        raise UnreadableError(
            f"it has {picture.width:,} x {picture.height:,} pixels, and {most:,} are the most that are taken"
        )
    if isinstance(picture, TiffImageFile) and is_dng(picture):
        raise UnreadableError("it is the raw data of a camera: develop it to JPEG or PNG")


def encoded_images(data: Any) -> Sequence[object] | None:
    """Find encoded images in what a model is given: bytes, or text in base64; None if these are pixels.

    Raises:
        MlflowException: a table has several columns, none of which is called image.
    """
    values = _column(data)
    if isinstance(values, _ENCODED):
        return [values]
    if isinstance(values, np.ndarray) and values.dtype.kind in "SUO":
        values = (
            values.reshape(-1).tolist() if values.ndim < 2 or values.shape[1:] == (1,) else values.tolist()
        )
    elif isinstance(values, pd.Series):
        values = values.tolist()
    if not isinstance(values, list | tuple):
        return None
    # a column of its own for each row, as tables are written in JSON
    rows = [each[0] if isinstance(each, list | tuple) and len(each) == 1 else each for each in values]
    if any(isinstance(each, _ENCODED) for each in rows) or (isinstance(data, pd.DataFrame) and not rows):
        return rows
    return None


def pixels_in(data: Any) -> Any:
    """Return the pixels among what a model is given, without names of columns."""
    values = _column(data)
    return values.tolist() if isinstance(values, pd.Series) else values


def _column(data: Any) -> Any:
    """Return what is to be classified: of a table, the column image or the only one."""
    if isinstance(data, list | tuple) and data and all(isinstance(each, Mapping) for each in data):
        data = pd.DataFrame(list(data))  # records
    if not isinstance(data, pd.DataFrame | Mapping):
        return data
    names = list(data.keys())
    name = COLUMN if COLUMN in names else names[0] if len(names) == 1 else None
    if name is None:
        shown = ", ".join(map(str, names[:10])) or "none"
        raise refused(f"The images are expected in a column called {COLUMN}, and there are: {shown}.")
    return data[name]


def decoded_images(
    rows: Sequence[object], preprocessing: Preprocessing, first: int = 0
) -> npt.NDArray[np.uint8]:
    """Decode images: (N, C, H, W) uint8.

    Args:
        rows: bytes, or text in base64.
        preprocessing: what they are turned into.
        first: number of the first row, for messages.

    Raises:
        MlflowException: one of them cannot be decoded; the message says which, and why.
    """
    images = []
    for number, value in enumerate(rows, start=first):
        try:
            images.append(preprocessing.decode(_content(value)))
        except UnreadableError as error:
            raise refused(
                f"The image in row {number} (the first one is row 0) cannot be read: {error}."
            ) from error
    return np.stack(images) if images else np.zeros((0, *preprocessing.image_shape), dtype=np.uint8)


def _content(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if not isinstance(value, str):
        is_missing = value is None or value != value  # noqa: PLR0124  (not a number)
        raise UnreadableError("there is nothing in it" if is_missing else f"it is a {type(value).__name__}")
    # also as it is written in addresses, and without the signs that fill it up
    text = "".join(_DATA_ADDRESS.sub("", value, count=1).split()).rstrip("=").translate(_FROM_ADDRESSES)
    try:
        return base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", validate=True)
    except ValueError as error:
        raise UnreadableError("it is text that is not base64: the content of a file is expected") from error


def refused(message: str) -> MlflowException:
    """Return the error of input that is none."""
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)
