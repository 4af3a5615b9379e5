"""What a person hands over to be classified, one image or many, as a list of images with names."""

import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image
from torch import Tensor

from image_classification.files.paths import is_folder
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.tables.table import is_table, names_table
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.in_memory import fit_in_memory
from image_classification.networks.classifier import NetworkDescription
from image_classification.remote.fetched import here

_ONE = (bytes, bytearray, memoryview, Image.Image)
_MOST_CHANNELS = 4


class Given(NamedTuple):
    """The images that were handed over, and whether it was a single one, not a list of one."""

    images: list["GivenImage"]
    is_single: bool


class GivenImage(NamedTuple):
    """An image to classify.

    name: of the file, or its number among those handed over.
    source: path of a file, content of a file, picture of Pillow, array or tensor.
    reason: why it cannot be read, as far as is known without looking; else "".
    """

    name: str
    source: Any
    reason: str = ""

    def pixels(self, description: NetworkDescription) -> Tensor:
        """Return the image as the network takes it: (C, H, W) uint8.

        Raises:
            UnreadableImageError: why it cannot be read.
        """
        if self.reason:
            raise UnreadableImageError(self.reason)
        shape, resize, kernel = description.image_shape, description.resize, description.interpolation
        if isinstance(self.source, Path):
            return decode_image(self.source, shape, resize, description.value_range, interpolation=kernel)
        return fit_in_memory(self.source, shape, resize, kernel, description.value_range)


def images_of(given: Any, channels: int) -> Given:
    """Make a list of whatever is handed over.

    Args:
        given: the path of a file, a folder or a table of files; the content of a file, or an opened file; a
            picture of Pillow;
            an array or a tensor of one image, or of many along its first dimension; or several of these in a
            list, or by name in a mapping.
        channels: of the images that the network takes; decides what three dimensions are.

    Raises:
        TypeError: it is nothing of that kind, or may be one image and several.
        UserError: there is no file in the folder, or the table cannot be read.
    """
    if isinstance(given, str | os.PathLike):
        return _of_path(os.fspath(given))
    if isinstance(given, Mapping):
        return Given([GivenImage(str(name), _source(each)) for name, each in given.items()], is_single=False)
    if isinstance(given, list | tuple) and given and isinstance(given[0], list | tuple | int | float):
        given = _source(given)  # numbers, as JSON has them
    if isinstance(given, np.ndarray) and given.dtype.kind in "SUO":
        given = given.tolist()
    if isinstance(given, np.ndarray | Tensor):
        if not _is_one(given.shape, channels, is_tensor=isinstance(given, Tensor)):
            return _several(given)
    elif isinstance(given, io.IOBase):
        given = given.read()
    elif isinstance(given, pd.DataFrame | pd.Series):
        raise TypeError(f"{_expected(given)}: of a table hand over its column of files, as a list")
    elif isinstance(given, Iterable) and not isinstance(given, _ONE):
        return _several(given)
    return Given([GivenImage("0", _source(given))], is_single=True)


def _of_path(given: str) -> Given:
    path = here(given, with_its_folder=names_table)
    if not is_folder(path) and not is_table(path):
        return Given([GivenImage(given, path)], is_single=True)
    found = find_new_images(path)
    return Given([GivenImage(file.name, file.path, file.reason) for file in found.files], is_single=False)


def _several(given: Iterable[Any]) -> Given:
    images = [
        GivenImage(str(each) if isinstance(each, str | os.PathLike) else str(number), _source(each))
        for number, each in enumerate(given)
    ]
    return Given(images, is_single=False)


def _is_one(shape: tuple[int, ...], channels: int, *, is_tensor: bool) -> bool:
    """Tell whether an array is one image, not many along its first dimension."""
    if len(shape) != 3:
        return len(shape) < 3
    first, last = shape[0], shape[2]
    if is_tensor:
        if channels == 1 and 1 < first <= _MOST_CHANNELS < last:
            raise TypeError(
                f"a tensor of {first}×{shape[1]}×{last} may be one picture of {first} channels, or {first} "
                f"grey ones: hand over 1×{first}×{shape[1]}×{last}, or {first}×1×{shape[1]}×{last}"
            )
        return first in range(1, _MOST_CHANNELS + 1) or last in range(1, _MOST_CHANNELS + 1)
    if last in range(1, _MOST_CHANNELS + 1):
        return True
    # numpy has colours last: what could be colours first is grey images, for a network that takes those
    return first == 1 or (channels == 3 and first in (3, 4))


def _source(each: Any) -> Any:
    if isinstance(each, str | os.PathLike):
        return here(os.fspath(each))
    if isinstance(each, (*_ONE, np.ndarray, Tensor)):
        return each
    if isinstance(each, io.IOBase):
        return each.read()
    try:
        numbers = np.asarray(each)
    except ValueError as error:  # rows of different lengths
        raise TypeError(_expected(each)) from error
    if numbers.dtype.kind not in "buif" or numbers.ndim < 2:
        raise TypeError(_expected(each))
    return numbers


def _expected(found: Any) -> str:
    return (
        f"expected the path of a picture, its content, a picture of Pillow, an array or a tensor, one or "
        f"several; found {type(found).__name__}"
    )
