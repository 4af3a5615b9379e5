"""The image store: all images of a source in one safetensors file that is memory-mapped, never read whole.

It holds the tensors `labels` (N,) int64 and `images` (N, C, H, W) uint8 and, as UTF-8 bytes separated by NUL,
`names`, `given_splits`, `status` and `class_names`; in the header `data_name`, `resize`,
`interpolation`, `digest` (of what it was made from), `code` (of what has made it), `content` (the digest of
the file itself), `format` and, where there are images of more than 8 bits a channel, `value_range` as JSON.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import is_file
from image_classification.images.store.content import CODE, CONTENT, content_digest, read_header
from image_classification.images.store.image_block import ImageBlock, reserve
from image_classification.images.store.opened_store import FORMAT, open_image_store
from image_classification.images.store.options import ImageOptions
from image_classification.memory import require_memory
from image_classification.threads import usable_cores
from image_classification.value_range import ValueRange

logger = logging.getLogger(__name__)

_HEADER_BYTES = 4096  # a multiple of 8, to align the labels behind it; the header takes some 700 bytes

Fill = Callable[[ImageBlock, Callable[[int], None]], Sequence[str]]
"""Write all images into the block, tell how many more are done, return the status of each."""


@dataclass(frozen=True)
class ImageDictPlan:
    """What an image store is to hold; `value_range` and `fill` run only if it does not hold that yet.

    digest: of the data and of what is done to it, see `store_digest`.
    code: of the code that does it and the versions of the libraries; "" where whatever has made the store is
        fine.
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


def store_digest(data_digest: str, **settings: object) -> str:
    """Return the digest of a store: of the data, what was done to it, and the format of the file."""
    content = json.dumps({"data": data_digest, "format": FORMAT, **settings}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def save_image_store(plan: ImageDictPlan, path: Path) -> bool:
    """Write the store unless the file holds it already; return whether it was written.

    The file is filled beside its target and renamed, so the old one stays whole for anyone who has it open.
    """
    if _holds(path, plan):
        logger.info("The image store %s is up to date: reused.", path)
        return False

    count = len(plan.names)
    labels = np.ascontiguousarray(plan.labels, dtype="<i8").tobytes()
    images_start = _HEADER_BYTES + len(labels)
    block_shape = (count, *plan.image_shape)
    block_bytes = prod(block_shape)
    require_memory(
        # an image is resized in every thread, and written from a copy
        2 * prod(plan.image_shape) * min(count, usable_cores()),
        f"Images of {'×'.join(map(str, plan.image_shape[1:]))} pixels",
        f"Choose a smaller {ImageOptions.named('size')}.",
    )
    value_range = plan.value_range()
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            reserve(file.fileno(), images_start + block_bytes, path)
            file.seek(_HEADER_BYTES)
            file.write(labels)
        blobs = {
            "names": _to_bytes(plan.names),
            "given_splits": _to_bytes(plan.given_splits),
            "status": _to_bytes(_fill(plan, temporary, images_start, block_shape)),
            "class_names": _to_bytes(plan.class_names),
        }
        header = _header(plan, block_shape, blobs, value_range)
        with temporary.open("r+b") as file:
            file.seek(images_start + block_bytes)
            for blob in blobs.values():
                file.write(blob)
        header["__metadata__"][CONTENT] = content_digest(temporary, header, _HEADER_BYTES)
        with temporary.open("r+b") as file:
            file.write(_padded(header))
    return True


def _holds(path: Path, plan: ImageDictPlan) -> bool:
    """Whether a file is the store of this plan, undamaged and made by the same code."""
    if not is_file(path):
        return False
    try:
        open_image_store(path)
        about = read_header(path)[0]["__metadata__"]
    except UserError as error:
        logger.info("%s It is built anew.", str(error).splitlines()[0])
        return False
    if about["digest"] != plan.digest:
        return False
    if not plan.code or about.get(CODE) == plan.code:
        return True
    found = "was made by other code or libraries" if about.get(CODE) else "does not say what code has made it"
    logger.info("The image store %s %s, so its pixels may be others: it is built anew.", path, found)
    return False


def _fill(
    plan: ImageDictPlan, temporary: Path, start: int, block_shape: tuple[int, int, int, int]
) -> Sequence[str]:
    if 0 in block_shape:  # nothing to write
        return [""] * block_shape[0]
    with (
        ImageBlock(temporary, start, block_shape) as block,
        progress_bar("Preparing images", total=block_shape[0], unit="images") as advance,
    ):
        return plan.fill(block, advance)


def _header(
    plan: ImageDictPlan,
    block_shape: tuple[int, int, int, int],
    blobs: Mapping[str, bytes],
    value_range: ValueRange | None,
) -> dict[str, Any]:
    """Return the header of a safetensors file."""
    tensors = {"labels": block_shape[:1], "images": block_shape}
    tensors |= {name: (len(blob),) for name, blob in blobs.items()}
    metadata = {"format": FORMAT, "data_name": plan.data_name, "digest": plan.digest, CODE: plan.code}
    metadata |= {"resize": plan.resize, "interpolation": plan.interpolation}
    if value_range is not None:
        metadata["value_range"] = value_range.model_dump_json()
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name, shape in tensors.items():
        dtype, item_bytes = ("I64", 8) if name == "labels" else ("U8", 1)
        start, end = end, end + item_bytes * prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    return header


def _padded(header: Mapping[str, Any]) -> bytes:
    """Return the first bytes of a safetensors file: length of the JSON, then the JSON, padded with spaces."""
    text = json.dumps(header).encode().ljust(_HEADER_BYTES - 8)
    if len(text) != _HEADER_BYTES - 8:
        raise ValueError(f"the header takes {len(text)} bytes where {_HEADER_BYTES - 8} are reserved")
    return len(text).to_bytes(8, "little") + text


def _to_bytes(strings: Sequence[str]) -> bytes:
    if any("\0" in string for string in strings):
        raise ValueError("a NUL character separates the strings of a store and cannot be part of one")
    # surrogateescape: names of files need not be valid UTF-8
    return "\0".join(strings).encode("utf-8", "surrogateescape")
