"""What the project itself reads of a picture, beside what the documented steps make of it.

It decodes large JPEG files at a fraction of their size, which other programs need not; how far its answers
are from theirs is measured and said.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from image_classification.export.golden.choice import Originals
from image_classification.export.preprocessing import Preprocessing, decode, resize
from image_classification.export.record import ReadingRecord
from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.pictures import open_picture
from image_classification.images.reading.portable.decoding import is_plain_jpeg
from image_classification.images.store.tensor_sets import ImageTensorDataset


def read(content: bytes, name: str, rule: Preprocessing) -> Tensor:
    """Read a picture as training, inference and servers do: (C, height, width) uint8, the input.

    Args:
        content: of the file.
        name: of the file; its ending says which formats are tried.
        rule: size, resizing and range of deep pixels.

    Raises:
        UnreadableImageError: why it cannot be read.
    """
    image = decode_image(
        Path(name), rule.image_shape, rule.resize, rule.value_range, None, content, rule.interpolation
    )
    return image.flip(0) if rule.channel_order == "BGR" else image


@torch.inference_mode()
def compare_reading(
    images: ImageTensorDataset,
    places: Sequence[int],
    originals: Originals,
    rule: Preprocessing,
    network: Callable[[Tensor], Tensor],
) -> ReadingRecord | None:
    """Compare the answers to images as they were read with those to the same files by the documented steps.

    Args:
        images: a set.
        places: of the images in it that are compared, where they are JPEG files.
        originals: from the name of an image to the content of its file.
        rule: the steps.
        network: from images (N, C, H, W) uint8 to probabilities.

    Returns:
        What was found; None where there is no JPEG file.
    """
    pairs = []
    for place in places:
        name = images.store.names[int(images.rows[place])]
        content = originals(name)
        if content is not None and _is_jpeg(content, name):
            pairs.append((images[place][0], resize(decode(content, name, rule), rule)))
    if not pairs:
        return None
    as_read, by_steps = (network(torch.stack(each)) for each in zip(*pairs, strict=True))
    return ReadingRecord(
        images=len(pairs),
        largest_difference=(as_read - by_steps).abs().max().item(),
        agreement=(as_read.argmax(dim=1) == by_steps.argmax(dim=1)).double().mean().item(),
    )


def _is_jpeg(content: bytes, name: str) -> bool:
    try:
        with open_picture(Path(name), io.BytesIO(content)) as picture:
            return is_plain_jpeg(picture)
    except Exception:  # of a file that has changed, parsers raise whatever they do
        return False
