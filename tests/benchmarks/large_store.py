"""A store of images that is as large as wanted, written a few at a time."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from image_classification.images.store.filling.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, save_image_store, store_digest

SHAPE, CLASSES, AT_ONCE = (3, 224, 224), 10, 64


def write_large_store(path: Path, count: int) -> int:
    """Write a store of random photographs and drop it from the memory; return the bytes of its images."""
    drawn = np.random.default_rng(0).integers(0, 256, (AT_ONCE, *SHAPE), dtype=np.uint8)

    def fill(block: ImageBlock, advance: Callable[[int], None]) -> list[str]:
        for start in range(0, count, AT_ONCE):
            block.write(start, drawn[: min(AT_ONCE, count - start)])
        advance(count)
        return ["ok"] * count

    plan = ImageDictPlan(
        names=list(map(str, range(count))),
        labels=np.arange(count) % CLASSES,
        class_names=[f"class {number}" for number in range(CLASSES)],
        given_splits=[""] * count,
        data_name="large",
        image_shape=SHAPE,
        digest=store_digest("large", count=count),
        fill=fill,
    )
    save_image_store(plan, path)
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return count * int(np.prod(SHAPE))
