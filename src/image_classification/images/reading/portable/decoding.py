"""An opened picture made to fit: upright, grey or coloured, resized, of 8 bits."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import IO

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile
from torch import Tensor

from image_classification.images.reading.deep_pixels import deep_mode, read_deep_pixels
from image_classification.images.reading.orientation import UPRIGHT, orientation_of, stored_box
from image_classification.images.reading.pixels import Box, Fit, add_bars, as_tensor, fit, resample
from image_classification.images.reading.portable.modes import Interpolation, ResizeMode
from image_classification.images.reading.portable.narrowing import Numbers, eight_bits

# formats that are recognised whatever the name of the file: they begin with a mark that no text has
UNMISTAKABLE = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000", "HEIF")
_DNG_VERSION = 50706
_FORMATS = ("JPEG", "MPO")  # MPO: several JPEG pictures in one file, as telephones write them
_SCALES = (8, 4, 2)
# in a smaller picture, the part of a pixel that lies beyond the edge at 1/8 would count
_WORTH_SCALING = 64

# takes the picture, its file, the channels and the scale; None where Pillow has to decode it
Decoder = Callable[[Image.Image, IO[bytes], int, int], Tensor | None]


def _by_pillow(_picture: Image.Image, _file: IO[bytes], _channels: int, _scale: int) -> None:
    """Leave all pictures to Pillow."""


def fitted(
    picture: Image.Image,
    content: IO[bytes],
    image_shape: tuple[int, int, int],
    resize: ResizeMode,
    interpolation: Interpolation,
    value_range: Numbers,
    decoder: Decoder = _by_pillow,
    prepare: Callable[[Image.Image, int], None] = lambda _picture, _scale: None,
) -> Tensor:
    """Decode a picture of which the header was read, and make it fit.

    A JPEG file is decoded at the smallest of its scales (1/1 to 1/8) that is not below the size; then exactly
    the part that would have been kept of the full picture is resized by antialiased interpolation.

    Args:
        picture: What Pillow made of the header.
        content: Its file, opened.
        image_shape: Channels (1 or 3), height, width.
        resize: How it is made to fit.
        interpolation: How pixels between pixels are found.
        value_range: Which numbers become black and white in a picture of more than 8 bits a channel.
        decoder: Another one for what it can decode; it must give the same pixels.
        prepare: Told of the picture and its scale before the pixels are decoded, which it may refuse.

    Returns:
        image_shape uint8; the bars of a letterbox are black.

    Raises:
        Exception: Whatever Pillow raises on a broken file.
    """
    channels, size = image_shape[0], image_shape[1:]
    orientation = orientation_of(picture, content)
    width, height = picture.size
    plan = placed(height, width, size, resize, orientation)
    scale = jpeg_scale(picture, plan.box, plan.size)
    prepare(picture, scale)
    image = decoder(picture, content, channels, scale)
    if image is None:
        # Pillow decodes JPEG files at these scales too; of other formats this does nothing
        picture.draft("L" if channels == 1 else None, (width // scale, height // scale))
        image = as_tensor(_load(picture, content, channels, value_range))
        if scale == 1:
            # Pillow turns TIFF files while it loads them, and loads the largest of several icons
            plan = placed(*image.shape[1:], size, resize, orientation)
    box = Box(*(side / scale for side in plan.box))
    return add_bars(UPRIGHT[orientation](resample(image, box, plan.size, interpolation)), size)


def is_dng(picture: TiffImageFile) -> bool:
    """Tell whether a picture is the raw data of a camera, of which Pillow would read the small preview."""
    return _DNG_VERSION in picture.tag_v2


def grey_or_colours(picture: Image.Image, channels: int) -> Image.Image:
    """Load a picture of 8 bits a channel as mode L (1 channel) or RGB (3), the transparent parts white."""
    if picture.has_transparency_data:
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture.convert("RGBA"))
        picture = ground
    mode = "L" if channels == 1 else "RGB"
    if picture.mode != mode:  # converting to the same would copy every pixel
        return picture.convert(mode)
    picture.load()
    return picture


def jpeg_scale(picture: Image.Image, box: Box, size: tuple[int, int]) -> int:
    """Choose the number by which the height and width of a picture can be divided while it is decoded.

    Args:
        picture: What Pillow made of the header.
        box: The part of the picture that is wanted.
        size: The height and width that this part will get; decoded, it must not have fewer pixels.

    Returns:
        8, 4, 2 or 1 (full size, as always for other formats). The last row and column decoded may reach
        beyond the picture: it covers exactly its height and width divided by this number.
    """
    width, height = picture.size
    if picture.format not in _FORMATS or min(width, height) < _WORTH_SCALING:
        return 1
    enough_rows = math.ceil(height * size[0] / box.height)
    enough_columns = math.ceil(width * size[1] / box.width)
    largest = min(height // enough_rows, width // enough_columns)
    return next((scale for scale in _SCALES if scale <= largest), 1)


def is_plain_jpeg(picture: Image.Image) -> bool:
    """Whether a picture is one that is decoded here, unless something is odd in the file."""
    return picture.format in _FORMATS and picture.mode in {"L", "RGB"}


def _load(picture: Image.Image, content: IO[bytes], channels: int, value_range: Numbers) -> Image.Image:
    if deep_mode(picture):
        picture = eight_bits(read_deep_pixels(picture, content), value_range)
    return grey_or_colours(picture, channels)


@lru_cache(maxsize=4096)  # the photographs of a folder have few sizes
def placed(height: int, width: int, size: tuple[int, int], resize: ResizeMode, orientation: int) -> Fit:
    """Choose the part of the upright picture that is kept, and find it in the stored one."""
    if orientation >= 5:
        height, width = width, height
    kept = fit(height, width, size, resize)
    box = stored_box(kept.box, height, width, orientation)
    return Fit(box, kept.size[::-1] if orientation >= 5 else kept.size)
