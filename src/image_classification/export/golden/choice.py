"""Which images of a set become golden ones: spread over the classes, and small."""

import io
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor

from image_classification.images.reading.pictures import open_picture
from image_classification.images.store.tensor_sets import ImageTensorDataset

# from the name of an image to the content of its file; None where the source has none
Originals = Callable[[str], bytes | None]

_TRIED = 10  # files of a class, for one that is small enough
_MOST_PIXELS = 1_200_000
_MOST_BYTES = 1_000_000


class Chosen(NamedTuple):
    """A picture for the proof.

    file: the name that it gets in the folder.
    content: of that file.
    name: of the image in its set, "" of one that was made.
    label: of its class.
    what: "original file", "stored pixels" or "made of the first".
    stored: the image as the project itself has read it, (C, H, W) uint8 of the training size; None: unknown.
    """

    file: str
    content: bytes
    name: str
    label: str
    what: str
    stored: Tensor | None = None


def choose(images: ImageTensorDataset, count: int, originals: Originals) -> list[Chosen]:
    """Choose images of a set, of as many classes as can be, as files that are small enough to be sent along.

    Where no file of a class is small, or the source has no files, it is a PNG file of the stored pixels.
    """
    labels = images.labels[images.rows].numpy()
    chosen: list[Chosen] = []
    for number, places in enumerate(_spread(labels, count)):
        found = next(filter(None, (_original(images, place, number, originals) for place in places)), None)
        chosen.append(found or _stored(images, places[0], number))
    return chosen


def _spread(labels: npt.NDArray[np.int64], count: int) -> list[list[int]]:
    """Return, for each image that is wanted, the places from which it may be taken; none is there twice."""
    classes, wanted = np.unique(labels), min(count, len(labels))
    if not wanted:
        return []
    taken = classes[np.linspace(0, len(classes), min(wanted, len(classes)), endpoint=False).astype(int)]
    turns = -(-wanted // len(taken))
    groups = [
        np.flatnonzero(labels == label)[turn::turns][:_TRIED].tolist()
        for turn in range(turns)
        for label in taken
    ]
    groups = [group for group in groups if group][:wanted]
    # classes of few images leave some to be wished for
    used = {place for group in groups for place in group[:1]}
    others = ([place] for place in range(len(labels)) if place not in used)
    return [*groups, *islice(others, wanted - len(groups))]


def _original(images: ImageTensorDataset, place: int, number: int, originals: Originals) -> Chosen | None:
    name = images.store.names[int(images.rows[place])]
    content = originals(name)
    if content is None or len(content) > _MOST_BYTES:
        return None
    try:
        with open_picture(Path(name), io.BytesIO(content)) as picture:
            width, height = picture.size
    except Exception:  # of a file that has changed, parsers raise whatever they do
        return None
    if width * height > _MOST_PIXELS:
        return None
    ending = "".join(each for each in Path(name).suffix.lower() if each.isascii() and each.isalnum())
    file = f"{number:03d}.{ending}" if ending else f"{number:03d}"
    image, label = images[place]
    return Chosen(file, content, name, images.class_names[int(label)], "original file", image)


def _stored(images: ImageTensorDataset, place: int, number: int) -> Chosen:
    image, label = images[place]
    name = images.store.names[int(images.rows[place])]
    pixels = image.permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels if len(image) == 3 else pixels[..., 0]).save(buffer, "PNG")
    label_name = images.class_names[int(label)]
    return Chosen(f"{number:03d}.png", buffer.getvalue(), name, label_name, "stored pixels", image)
