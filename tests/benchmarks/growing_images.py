"""Small made pictures, as many as are wanted, some of them copies: a folder of files, or an image store."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from image_classification.images.store.filling.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, save_image_store, store_digest

CLASSES, SIDE, STORED_SIDE = 10, 32, 28
COPIED, TEST = 100, 10  # one of so many is a paler copy of that before it; is a test image
_COARSE, _AT_ONCE = 8, 1000


def pictures(start: int, count: int, side: int) -> npt.NDArray[np.uint8]:
    """Draw pictures from a number on, a multiple of 1000: smooth and grey, (count, side, side)."""
    drawn = np.random.default_rng(start).integers(0, 256, (count, _COARSE, _COARSE)).astype(np.float32)
    copies = np.arange(COPIED - 1, count, COPIED)
    drawn[copies] = drawn[copies - 1] * 0.8 + 20
    places = np.clip((np.arange(side) + 0.5) / side * _COARSE - 0.5, 0, _COARSE - 1)
    lower = np.minimum(places.astype(int), _COARSE - 2)
    weights = np.zeros((side, _COARSE), dtype=np.float32)
    weights[np.arange(side), lower] = 1 - (places - lower)
    weights[np.arange(side), lower + 1] = places - lower
    return (weights @ drawn @ weights.T).astype(np.uint8)


def growing_folder(folder: Path, count: int) -> Path:
    """Make a folder of <class>/<number>.png."""
    for label in range(CLASSES):
        (folder / f"class {label}").mkdir(parents=True)
    for start in range(0, count, _AT_ONCE):
        for number, picture in enumerate(pictures(start, min(_AT_ONCE, count - start), SIDE), start):
            path = folder / f"class {number // COPIED % CLASSES}" / f"{number}.png"
            Image.fromarray(picture).save(path, compress_level=1)
    return folder


def growing_store(path: Path, count: int) -> None:
    """Write a store of pictures of 28 x 28 pixels."""

    def fill(block: ImageBlock, advance: Callable[[int], None]) -> list[str]:
        for start in range(0, count, _AT_ONCE):
            block.write(start, pictures(start, min(_AT_ONCE, count - start), STORED_SIDE)[:, None])
        advance(count)
        return ["ok"] * count

    numbers = np.arange(count)
    plan = ImageDictPlan(
        names=list(map(str, range(count))),
        labels=numbers // COPIED % CLASSES,
        class_names=[f"class {number}" for number in range(CLASSES)],
        given_splits=["test" if number % TEST == 0 else "" for number in range(count)],
        data_name="growing",
        image_shape=(1, STORED_SIDE, STORED_SIDE),
        digest=store_digest("growing", count=count),
        fill=fill,
    )
    save_image_store(plan, path)
