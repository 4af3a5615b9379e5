"""Pictures in memory made to fit: what Pillow has opened, arrays, tensors, the contents of files."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.ImageFile import ImageFile
from torch import Tensor

from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.deep_pixels import DeepPixels, is_deep, read_deep_pixels
from image_classification.images.reading.options import Interpolation, ResizeMode
from image_classification.images.reading.orientation import UPRIGHT
from image_classification.images.reading.pixels import add_bars, as_tensor, resample
from image_classification.images.reading.portable.decoding import UNMISTAKABLE, grey_or_colours, placed
from image_classification.images.reading.portable.narrowing import eight_bits
from image_classification.value_range import ValueRange

_ORIENTATION = 0x0112
_CHANNELS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_TURNED_BY_PILLOW = {"TIFF", "HEIF"}
_LARGEST = 255


def fit_in_memory(
    image: Image.Image | npt.NDArray[Any] | Tensor | bytes,
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    interpolation: Interpolation = "bilinear",
    value_range: ValueRange | None = None,
) -> Tensor:
    """Make a picture in memory fit as `decode_image` does those in files: upright, grey or coloured, resized.

    Args:
        image: a picture of Pillow in any mode; an array (H, W), (H, W, C) or, where that cannot be meant,
            (C, H, W); a tensor (H, W), (C, H, W) or, where that cannot be meant, (H, W, C); or the content of
            a picture file. C is 1 (grey), 2 (with alpha), 3 or 4. Numbers are bytes; booleans; whole numbers
            from 0 to 255 of any type but uint16; numbers of more bits, and floats, by the value range.
        image_shape: channels (1 or 3), height, width.
        resize: how it is made to fit.
        interpolation: how pixels between pixels are found.
        value_range: which numbers become black and white in pictures of more than 8 bits; None: all of their
            type, of floats 0 and 1.

    Returns:
        image_shape uint8.

    Raises:
        UnreadableImageError: why it cannot be one.
    """
    if (content := _content_of(image)) is not None:
        return decode_image(
            Path("picture"), image_shape, resize, value_range, content=content, interpolation=interpolation
        )
    values = value_range or ValueRange()
    try:
        if isinstance(image, Image.Image):
            pixels, orientation = _of_picture(image, image_shape[0], values)
        else:
            assert not isinstance(image, bytes)  # noqa: S101  (that was content)
            pixels, orientation = _of_numbers(image, image_shape[0], values), 1
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow reads a file only when its pixels are asked for
        raise UnreadableImageError(str(error) or type(error).__name__) from error
    # resized, then turned, as pictures in files are
    box, size = placed(*pixels.shape[1:], image_shape[1:], resize, orientation)
    return add_bars(UPRIGHT[orientation](resample(pixels, box, size, interpolation)), image_shape[1:])


def _content_of(image: object) -> bytes | None:
    """Return the content of a picture file, also of one that Pillow has opened and not read yet; else None.

    Read as a file, a picture has the very pixels that it has by its path: of a large JPEG fewer are decoded.
    """
    if isinstance(image, bytes | bytearray | memoryview):
        if not len(image):
            raise UnreadableImageError("there is nothing in it")
        return bytes(image)
    if not isinstance(image, ImageFile) or image.format not in UNMISTAKABLE:
        return None
    was_changed = not image.tile or image.tell() or getattr(image, "decoderconfig", None)
    file = None if was_changed else image.fp
    if file is None or getattr(file, "closed", False):
        return None
    place = file.tell()
    file.seek(0)
    content: bytes = file.read()
    file.seek(place)
    return content


def _of_picture(picture: Image.Image, channels: int, value_range: ValueRange) -> tuple[Tensor, int]:
    """Return the pixels of a picture, and the orientation that they have yet to be turned by."""
    picture.load()
    kind = picture.format
    orientation = 1 if kind in _TURNED_BY_PILLOW else picture.getexif().get(_ORIENTATION, 1)
    if is_deep(picture.mode):
        deep = read_deep_pixels(picture, io.BytesIO())
        _require_range(deep.values, value_range)
        picture = eight_bits(deep, value_range)
    return as_tensor(grey_or_colours(picture, channels)), orientation if orientation in UPRIGHT else 1


def _of_numbers(image: npt.NDArray[Any] | Tensor, channels: int, value_range: ValueRange) -> Tensor:
    numbers = _channels_last(image)
    if numbers.dtype == np.bool_:
        numbers = numbers.astype(np.uint8) * _LARGEST
    elif numbers.dtype.kind not in "uif":
        raise UnreadableImageError(f"its numbers are {numbers.dtype}")
    elif numbers.dtype != np.uint8 and not _has_more_bits(numbers, value_range):
        numbers = numbers.astype(np.uint8)
    if numbers.dtype == np.uint8:
        picture = Image.fromarray(numbers if numbers.shape[2] > 1 else numbers[..., 0])
    else:
        picture = _narrowed(numbers, value_range)
    return as_tensor(grey_or_colours(picture, channels))


def _has_more_bits(numbers: npt.NDArray[Any], value_range: ValueRange) -> bool:
    """Tell bytes in a wider type, as arithmetic and JSON have them, from numbers of more bits."""
    if numbers.dtype.kind == "f":
        return True
    if numbers.dtype == np.uint16 or value_range.integers is not None:
        return True
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high > _LARGEST:
        raise UnreadableImageError(
            f"its numbers are {numbers.dtype} from {low} to {high}, and 0 to {_LARGEST} are expected"
        )
    return False


def _narrowed(numbers: npt.NDArray[Any], value_range: ValueRange) -> Image.Image:
    _require_range(numbers, value_range)
    is_float = numbers.dtype.kind == "f"
    limits = (0.0, 1.0) if is_float else (0.0, float(np.iinfo(numbers.dtype).max))
    count = numbers.shape[2]
    colours = numbers[..., : count - 1] if count in {2, 4} else numbers
    alpha = numbers[..., -1].astype(np.float64) / limits[1] if count in {2, 4} else None
    mode = "L" if colours.shape[2] == 1 else "RGB"
    values = colours[..., 0] if mode == "L" else colours
    return eight_bits(DeepPixels(values, alpha, mode, limits), value_range)


def _require_range(numbers: npt.NDArray[Any], value_range: ValueRange) -> None:
    """Refuse numbers that are nothing but black or white where the whole range of their type is meant."""
    is_float = numbers.dtype.kind == "f"
    known = numbers[np.isfinite(numbers)] if is_float else numbers
    if not known.size:
        raise UnreadableImageError("there is no number in it: all are infinite or NaN")
    if (value_range.floats if is_float else value_range.integers) is not None:
        return
    low, high = known.min(), known.max()
    if is_float and not 0 <= low <= high <= 1:
        raise UnreadableImageError(
            f"its numbers are {numbers.dtype} from {low:g} to {high:g}, and 0 to 1 are expected of "
            f"fractions: bytes from 0 to {_LARGEST} are uint8"
        )
    if not is_float and 0 < high <= _LARGEST:
        raise UnreadableImageError(
            f"its numbers are {numbers.dtype}, where {np.iinfo(numbers.dtype).max} is white, and the largest "
            f"is {high}, which is almost black: bytes from 0 to {_LARGEST} are uint8"
        )


def _channels_last(image: npt.NDArray[Any] | Tensor) -> npt.NDArray[Any]:
    """Return the numbers of an image as (H, W, C)."""
    usually_first = isinstance(image, Tensor)
    if isinstance(image, Tensor):
        # numpy knows no bfloat16
        image = (image.float() if image.is_floating_point() else image).detach().cpu().numpy()
    numbers = np.asarray(image)
    if numbers.ndim == 2:
        numbers = numbers[..., None]
    elif numbers.ndim == 3:
        are = numbers.shape[0] in _CHANNELS, numbers.shape[2] in _CHANNELS
        if are[0] and (usually_first or not are[1]):
            numbers = numbers.transpose(1, 2, 0)
        elif not are[1]:
            raise UnreadableImageError(f"its shape is {_shape(numbers)}, without 1 to 4 channels")
    else:
        raise UnreadableImageError(f"its shape is {_shape(numbers)}, and height and width are expected")
    if not numbers.size:
        raise UnreadableImageError("there is nothing in it")
    return np.ascontiguousarray(numbers)


def _shape(numbers: npt.NDArray[Any]) -> str:
    return "×".join(map(str, numbers.shape)) or "that of a single number"
