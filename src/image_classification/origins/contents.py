"""What a dataset holds, told by a digest: of its file, or as the dataset itself tells it."""

import hashlib
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog, DatasetError

from image_classification.catalog_files import local_path
from image_classification.errors import UserError
from image_classification.origins.record import Made, Origin, read_origin
from image_classification.origins.source import digest

ABSENT = "absent"


def content_of(name: str, catalog: DataCatalog) -> str | None:
    """Return a digest of what a dataset holds; None if it has no file on this machine.

    A dataset may tell it by a method `content_digest` faster than by reading all of its file. Where the file
    is as it was recorded when it was written, the digest of that time is returned.

    Returns:
        `ABSENT` if there is nothing yet.
    """
    dataset: Any = catalog.get(name)
    path = local_path(name, catalog)
    if path is None or getattr(dataset, "is_place", False):
        return None
    if not path.exists():
        return ABSENT
    origin = read_origin(path)
    if origin and origin.stamp == stamp(path) and origin.dataset in origin.outputs:
        return origin.outputs[origin.dataset]
    try:
        return str(dataset.content_digest()) if hasattr(dataset, "content_digest") else _digest_of(path)
    except (UserError, DatasetError):  # a damaged file is not the one that was recorded
        return _digest_of(path)


def origin_of(name: str, catalog: DataCatalog) -> Origin | None:
    """Return the record of a dataset, if its file is the one that was recorded."""
    path = local_path(name, catalog)
    origin = read_origin(path) if path and path.exists() else None
    if origin is None or origin.outputs.get(origin.dataset) != content_of(name, catalog):
        return None
    return origin


def interrupted(name: str, catalog: DataCatalog) -> Made | None:
    """Return what has begun to make a dataset and not ended, if what is there now is of that."""
    path = local_path(name, catalog)
    origin = read_origin(path) if path and path.exists() else None
    if origin is None or origin.outputs.get(origin.dataset) == content_of(name, catalog):
        return None
    return origin.replaced_by


def stamp(path: Path) -> str:
    """Return what changes when a file, or any file of a folder, is written."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    states = [(file.relative_to(path).as_posix(), file.stat()) for file in files]
    text = "\n".join(f"{name}/{state.st_size}/{state.st_mtime_ns}/{state.st_ino}" for name, state in states)
    return digest(text.encode("utf-8", "surrogateescape"))


def _digest_of(path: Path) -> str:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    contents = []
    for file in files:
        with file.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        contents.append(f"{file.relative_to(path).as_posix()}/{content}")
    return digest("\n".join(contents).encode("utf-8", "surrogateescape"))
