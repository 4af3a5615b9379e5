"""A folder of photographs to measure with: <class>/<number>.jpg, as many as are asked for, no two alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

CLASSES = 10
# by what share a picture is moved, what leaves on one side coming in on the other: that makes no copies
# looks for them
SHIFTS = ((0.5, 0.0), (0.0, 0.5), (0.5, 0.5))


def photo_folder(folder: Path, photos: Path | None, count: int) -> Path:
    """Make a folder of the photographs, then of them moved by half, encoded as they are themselves.

    Args:
        folder: is made.
        photos: <class>/<image>.jpg at any depth; None, or too few of them: smooth random pictures.
        count: how many.
    """
    originals = sorted(photos.rglob("*.jpg")) if photos else []
    known = originals[: max(count, 1)]
    jobs: list[Callable[[], object]] = []
    for number in range(count):
        shift, place = divmod(number, len(known)) if known else (len(SHIFTS) + 1, 0)
        if shift <= len(SHIFTS):
            target = folder / known[place].parent.name / f"{number}.jpg"
            jobs.append(lambda a=known[place], b=target, s=shift: _move(a, b, s))
        else:
            target = folder / f"class {number % CLASSES}" / f"{number}.jpg"
            jobs.append(lambda b=target, n=number: _invent(b, n))
        target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()
    return folder


def _move(original: Path, target: Path, shift: int) -> None:
    if not shift:
        target.write_bytes(original.read_bytes())
        return
    x, y = SHIFTS[shift - 1]
    with Image.open(original) as picture:
        tables = picture.quantization  # type: ignore[attr-defined]
        moved = ImageChops.offset(picture, round(x * picture.width), round(y * picture.height))
        moved.save(target, qtables=tables, subsampling=2)


def _invent(target: Path, seed: int, size: tuple[int, int] = (400, 533)) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (24, 18, 3), dtype=np.uint8)
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(target, quality=85)
