"""Opening an image store: its images are mapped into memory, once all of the file is known to be right."""

import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from image_classification.errors import UserError
from image_classification.files.troubles import first_line, require_readable
from image_classification.images.store.content import CODE, CONTENT, check_content, read_header
from image_classification.images.store.first_look import look_at
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.rows_in_file import RowsInFile, is_larger_than_memory
from image_classification.memory import available_memory
from image_classification.value_range import ValueRange
from image_classification.words import in_bytes

logger = logging.getLogger(__name__)

FORMAT = "1"
_REMEDY = "Run the pipeline that prepares the images"
# stores of which this process has said that they are too large
_told: set[Path] = set()
_TEXTS = ("names", "class_names", "given_splits", "status")


def open_image_store(path: Path) -> ImageDict:
    """Open a store: its images are mapped into memory, and copied only if written to.

    A process reads the whole file once, to compare it with the digest that was written with it.

    Raises:
        UserError: There is no store, it cannot be read, or it is damaged.
    """
    return _open(path, is_checked=True)


def reopen_image_store(path: Path) -> ImageDict:
    """Open a store for a process to which another one has sent it, which has checked it already."""
    return _open(path, is_checked=False)


def _open(path: Path, *, is_checked: bool) -> ImageDict:
    try:
        header, start = read_header(path)
        metadata = header["__metadata__"]
        if metadata.get("format") == FORMAT:
            if is_checked:
                check_content(path, header, start)
            return _read(path, metadata, start + header["images"]["data_offsets"][0])
    except FileNotFoundError as error:
        raise UserError(f"There is no image store at {path}.\n{_REMEDY}.") from error
    except UserError as error:
        raise UserError(f"{error}\n{_REMEDY}: it is rebuilt.") from error
    except Exception as error:  # what a damaged file leads to is of every kind
        require_readable(path)
        raise UserError(
            f"The image store {path} is damaged ({first_line(error)}).\n{_REMEDY}: it is rebuilt."
        ) from error
    raise UserError(
        f"The image store {path} has format {metadata.get('format')} where {FORMAT} is expected.\n"
        f"{_REMEDY}: it is rebuilt."
    )


def _read(path: Path, metadata: dict[str, Any], start: int) -> ImageDict:
    """Read what there is beside the images, which begin at `start` in the file."""
    with safe_open(path, framework="pt") as store:  # checks the size of the file against its header
        tensors = {name: store.get_tensor(name) for name in ("images", "labels", *_TEXTS)}
    images, labels = tensors["images"], tensors["labels"]
    if images.dtype != torch.uint8 or images.dim() != 4 or labels.dtype != torch.int64 or labels.dim() != 1:
        raise ValueError(f"its images are {images.dtype} {tuple(images.shape)}, its labels {labels.dtype}")
    if any(tensors[name].dtype != torch.uint8 or tensors[name].dim() != 1 for name in _TEXTS):
        raise ValueError("its names are no text")
    count, value_range = len(labels), metadata.get("value_range")
    found = ImageDict(
        images=images,
        labels=labels,
        names=_to_strings(tensors["names"], count),
        class_names=_to_strings(tensors["class_names"]),
        given_splits=_to_strings(tensors["given_splits"], count),
        status=_to_strings(tensors["status"], count),
        data_name=metadata["data_name"],
        resize=metadata.get("resize", "stretch"),
        interpolation=metadata.get("interpolation", "bilinear"),
        value_range=ValueRange.model_validate_json(value_range) if value_range else None,
        # before there was a code in it, what a store was made from stood for what is in it
        digest=metadata[CONTENT if {CODE, CONTENT} <= metadata.keys() else "digest"],
        path=path,
        open_store=reopen_image_store,
        rows_in_file=RowsInFile(path, start, images.shape) if _is_too_large(images, path) else None,
        look=look_at(path, metadata.get(CONTENT)),
    )
    if count and not 0 <= int(labels.min()) <= int(labels.max()) < len(found.class_names):
        raise ValueError(f"it has a label that is none of its {len(found.class_names)} classes")
    return found


def _is_too_large(images: torch.Tensor, path: Path) -> bool:
    available = available_memory()
    if not is_larger_than_memory(images.nbytes, available):
        return False
    if path not in _told:
        _told.add(path)
        logger.info(
            "The images (%s) do not fit into the free memory (%s): each batch is read from the disk.",
            in_bytes(images.nbytes),
            in_bytes(available),
        )
    return True


def _to_strings(blob: torch.Tensor, count: int | None = None) -> list[str]:
    if count == 0 or (count is None and len(blob) == 0):
        return []
    return blob.numpy().tobytes().decode("utf-8", "surrogateescape").split("\0")
