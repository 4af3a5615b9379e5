"""Images that a store before this one holds already, made from the same files in the same way."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.images.store.content import MADE_FROM, RECIPE, read_header
from image_classification.images.store.filling.image_block import ImageBlock


class Run(NamedTuple):
    """Images that lie next to each other in both stores: the first row in each, and how many."""

    row: int
    row_before: int
    length: int


def recipe_of(recipe: str, image_shape: Sequence[int], code: str, value_range: str) -> str:
    """Return what has to be the same for images of the same files to be the same; "" for never."""
    text = json.dumps([recipe, list(image_shape), code, value_range])
    return hashlib.sha256(text.encode()).hexdigest() if recipe and code else ""


def sealed(recipe: str, made_from: bytes) -> str:
    """Return the recipe as it is written down, with a digest of what the images were made from."""
    return f"{recipe} {hashlib.sha256(made_from).hexdigest()}"


def find_runs(path: Path, recipe: str, made_from: Sequence[str]) -> list[Run]:
    """Find the images of a store that are not to be made again.

    Args:
        path: Of a store that is whole.
        recipe: What is done now, see `recipe_of`.
        made_from: For each image that is wanted a digest of its file.

    Returns:
        The runs, in the order of the wanted images; none where anything else is done now.
    """
    header, start = read_header(path)
    if not recipe or MADE_FROM not in header:
        return []
    begin, end = header[MADE_FROM]["data_offsets"]
    with path.open("rb") as file:
        file.seek(start + begin)
        before = file.read(end - begin)
    if header["__metadata__"].get(RECIPE) != sealed(recipe, before):
        return []
    row_of = {digest: row for row, digest in enumerate(before.decode().split("\0")) if digest}
    pairs = [(row, row_of[digest]) for row, digest in enumerate(made_from) if digest in row_of]
    return list(_joined(pairs))


def take_over(path: Path, runs: Sequence[Run], block: ImageBlock) -> None:
    """Copy runs of images from a store into a block of the same shape."""
    header, start = read_header(path)
    begin = start + header["images"]["data_offsets"][0]
    with path.open("rb", buffering=0) as file:
        for run in runs:
            block.copy(run.row, file.fileno(), begin, run.row_before, run.length)


def _joined(pairs: Sequence[tuple[int, int]]) -> Iterator[Run]:
    run: Run | None = None
    for row, before in pairs:
        if run and (row, before) == (run.row + run.length, run.row_before + run.length):
            run = run._replace(length=run.length + 1)
            continue
        if run:
            yield run
        run = Run(row, before, 1)
    if run:
        yield run


def rows_without(runs: Sequence[Run], count: int) -> list[int]:
    """Return the rows of `count` that are in none of the runs."""
    taken = {row for run in runs for row in range(run.row, run.row + run.length)}
    return [row for row in range(count) if row not in taken]
