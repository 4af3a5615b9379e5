"""A folder of photographs to measure with: <class>/<number>.jpg, as many as are asked for, no two alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

CLASSES = 10
# a picture and its reflections look alike to nobody who looks for copies
REFLECTIONS: tuple[Callable[[Image.Image], Image.Image], ...] = (
    ImageOps.mirror,
    ImageOps.flip,
    lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
)


def photo_folder(folder: Path, photos: Path | None, count: int) -> Path:
    """Make a folder of the photographs, then of their reflections, encoded as they are themselves.

    Args:
        folder: is made.
        photos: <class>/<image>.jpg at any depth; None, or too few of them: smooth random pictures.
        count: how many.
    """
    originals = sorted(photos.rglob("*.jpg")) if photos else []
    known = originals[: max(count, 1)]
    jobs: list[Callable[[], object]] = []
    for number in range(count):
        reflection, place = divmod(number, len(known)) if known else (len(REFLECTIONS) + 1, 0)
        if reflection <= len(REFLECTIONS):
            target = folder / known[place].parent.name / f"{number}.jpg"
            jobs.append(lambda a=known[place], b=target, r=reflection: _reflect(a, b, r))
        else:
            target = folder / f"class {number % CLASSES}" / f"{number}.jpg"
            jobs.append(lambda b=target, n=number: _invent(b, n))
        target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()
    return folder


def _reflect(original: Path, target: Path, reflection: int) -> None:
    if not reflection:
        target.write_bytes(original.read_bytes())
        return
    with Image.open(original) as picture:
        tables = picture.quantization  # type: ignore[attr-defined]
        REFLECTIONS[reflection - 1](picture).save(target, qtables=tables, subsampling=2)


def _invent(target: Path, seed: int, size: tuple[int, int] = (400, 533)) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (24, 18, 3), dtype=np.uint8)
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(target, quality=85)
