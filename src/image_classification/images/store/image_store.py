"""The image store: all images of a source in one safetensors file that is memory-mapped, never read whole.

It holds the tensors `labels` (N,) int64 and `images` (N, C, H, W) uint8 and, as UTF-8 bytes separated by NUL,
`names`, `given_splits`, `status` and `class_names`; in the header `data_name`, `resize`,
`interpolation`, `digest` (of what it was made from), `code` (of what has made it), `content` (the digest of
the file itself), `format` and, where there are images of more than 8 bits a channel, `value_range` as JSON.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import is_file
from image_classification.images.store.content import (
    CODE,
    CONTENT,
    MADE_FROM,
    RECIPE,
    content_digest,
    read_header,
    trust_written,
)
from image_classification.images.store.filling.header import HEADER_BYTES, header_of, padded, to_bytes
from image_classification.images.store.filling.image_block import ImageBlock, reserve
from image_classification.images.store.filling.taken_over import (
    Run,
    find_runs,
    recipe_of,
    rows_without,
    sealed,
    take_over,
)
from image_classification.images.store.first_look import keep_look
from image_classification.images.store.opened_store import FORMAT, open_image_store
from image_classification.images.store.options import ImageOptions
from image_classification.memory import require_memory
from image_classification.threads import usable_cores
from image_classification.value_range import ValueRange
from image_classification.words import count_of

logger = logging.getLogger(__name__)

_MADE = "ok"  # the status of an image that could be read

Fill = Callable[[ImageBlock, Callable[[int], None]], Sequence[str]]
"""Write all images into the block, tell how many more are done, return the status of each."""
FillRows = Callable[[ImageBlock, Callable[[int], None], Sequence[int]], Sequence[str]]
"""Do the same for the images of some rows; the others are there, and their status is "ok"."""


@dataclass(frozen=True)
class ImageDictPlan:
    """What an image store is to hold; `value_range` and `fill` run only if it does not hold that yet.

    digest: of the data and of what is done to it, see `store_digest`.
    code: of the code that does it and the versions of the libraries; "" where whatever has made the store is
        fine.
    made_from: for each image the digest of its file; where the store before has it, made by the same recipe,
        it is copied, and `fill_rows` makes the others.
    recipe: of what is done to each file.
    """

    names: Sequence[str]
    labels: npt.NDArray[np.int64]
    class_names: Sequence[str]
    given_splits: Sequence[str]
    data_name: str
    image_shape: tuple[int, int, int]
    digest: str
    fill: Fill
    code: str = ""
    resize: str = "stretch"
    interpolation: str = "bilinear"
    value_range: Callable[[], ValueRange | None] = lambda: None
    made_from: Sequence[str] = ()
    recipe: str = ""
    fill_rows: FillRows | None = None


def store_digest(data_digest: str, **settings: object) -> str:
    """Return the digest of a store: of the data, what was done to it, and the format of the file."""
    content = json.dumps({"data": data_digest, "format": FORMAT, **settings}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def save_image_store(plan: ImageDictPlan, path: Path) -> bool:
    """Write the store unless the file holds it already; return whether it was written.

    The file is filled beside its target and renamed, so the old one stays whole for anyone who has it open.
    """
    is_whole = _is_whole(path)
    if is_whole and _holds(path, plan):
        logger.info("The image store %s is up to date: reused.", path)
        return False

    count = len(plan.names)
    labels = np.ascontiguousarray(plan.labels, dtype="<i8").tobytes()
    images_start = HEADER_BYTES + len(labels)
    block_shape = (count, *plan.image_shape)
    block_bytes = prod(block_shape)
    require_memory(
        # an image is resized in every thread, and written from a copy
        2 * prod(plan.image_shape) * min(count, usable_cores()),
        f"Images of {'×'.join(map(str, plan.image_shape[1:]))} pixels",
        f"Choose a smaller {ImageOptions.named('size')}.",
    )
    value_range = plan.value_range()
    as_json = "" if value_range is None else value_range.model_dump_json()
    recipe = recipe_of(plan.recipe, plan.image_shape, plan.code, as_json)
    runs = find_runs(path, recipe, plan.made_from) if is_whole else []
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            reserve(file.fileno(), images_start + block_bytes, path)
            file.seek(HEADER_BYTES)
            file.write(labels)
        with _block(temporary, images_start, block_shape) as (block, advance):
            status = _fill(plan, block, advance, path, runs)
        blobs = {
            "names": to_bytes(plan.names),
            "given_splits": to_bytes(plan.given_splits),
            "status": to_bytes(status),
            "class_names": to_bytes(plan.class_names),
        }
        if recipe:
            blobs[MADE_FROM] = to_bytes(
                [each if state == _MADE else "" for each, state in zip(plan.made_from, status, strict=True)]
            )
        about = {"format": FORMAT, "data_name": plan.data_name, "digest": plan.digest, CODE: plan.code}
        about |= {"resize": plan.resize, "interpolation": plan.interpolation}
        about |= {"value_range": as_json} if as_json else {}
        about |= {RECIPE: sealed(recipe, blobs[MADE_FROM])} if recipe else {}
        header = header_of(about, block_shape, {name: len(blob) for name, blob in blobs.items()})
        with temporary.open("r+b") as file:
            file.seek(images_start + block_bytes)
            for blob in blobs.values():
                file.write(blob)
        content = header["__metadata__"][CONTENT] = content_digest(temporary, header, HEADER_BYTES)
        with temporary.open("r+b") as file:
            file.write(padded(header))
        number = temporary.stat().st_ino
    trust_written(path, number)
    keep_look(path, content, block.look)
    return True


def _is_whole(path: Path) -> bool:
    """Whether a file is a store, undamaged."""
    if not is_file(path):
        return False
    try:
        open_image_store(path)
    except UserError as error:
        logger.info("%s It is built anew.", str(error).splitlines()[0])
        return False
    return True


def _holds(path: Path, plan: ImageDictPlan) -> bool:
    """Whether a store is that of this plan, made by the same code."""
    about = read_header(path)[0]["__metadata__"]
    if about["digest"] != plan.digest:
        return False
    if not plan.code or about.get(CODE) == plan.code:
        return True
    found = "was made by other code or libraries" if about.get(CODE) else "does not say what code has made it"
    logger.info("The image store %s %s, so its pixels may be others: it is built anew.", path, found)
    return False


@contextmanager
def _block(
    temporary: Path, start: int, shape: tuple[int, int, int, int]
) -> Iterator[tuple[ImageBlock, Callable[[int], None]]]:
    with (
        ImageBlock(temporary, start, shape) as block,
        progress_bar("Preparing images", total=shape[0], unit="images") as advance,
    ):
        yield block, advance


def _fill(
    plan: ImageDictPlan, block: ImageBlock, advance: Callable[[int], None], path: Path, runs: Sequence[Run]
) -> Sequence[str]:
    """Copy the images that the store at the path has, make the others, and return the status of each."""
    if 0 in block.shape:  # nothing to write
        return [""] * len(block)
    if plan.fill_rows is None or not runs:
        return plan.fill(block, advance)
    take_over(path, runs, block)
    rows = rows_without(runs, len(block))
    advance(len(block) - len(rows))
    logger.info("%s made, the others are those of the run before.", count_of(len(rows), "image"))
    return plan.fill_rows(block, advance, rows)
