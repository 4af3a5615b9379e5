"""What a dataset holds, told by a digest: of its file, or as the dataset itself tells it."""

import hashlib
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog, DatasetError

from image_classification.catalog_files import local_file, local_path
from image_classification.errors import UserError
from image_classification.files.stamp import Stamp, stamp_of
from image_classification.origins.record import Made, Origin, read_origin, renew
from image_classification.origins.source import digest

ABSENT = "absent"
# what this process has found in files, by the dataset that looks at them, as they were then
_found: dict[tuple[type, Path, Stamp], str] = {}


def content_of(name: str, catalog: DataCatalog) -> str | None:
    """Return a digest of what a dataset holds; None if it has no file on this machine.

    A dataset may tell it by a method `content_digest` faster than by reading all of its file. Where the file
    is as it was recorded when it was written, the digest of that time is returned; where it is another one
    with the same content, such as a copy, the record is made to know it.

    Returns:
        `ABSENT` if there is nothing yet.
    """
    dataset: Any = catalog.get(name)
    path = local_path(name, catalog)
    if path is None or not is_file_of(name, catalog):
        return None
    if not path.exists():
        return ABSENT
    origin, now = read_origin(path), stamp_of(path)
    recorded = origin.outputs.get(origin.dataset) if origin else None
    if origin and recorded and origin.stamp == now.digest:
        return recorded
    content = _look_into(dataset, path, now)
    if origin and content == recorded:  # copied, or touched
        renew(path, origin, now.digest)
    return content


def is_file_of(name: str, catalog: DataCatalog) -> bool:
    """Whether what a dataset holds is a file or folder on this machine, and no mere place for others."""
    return local_file(name, catalog) is not None and not getattr(catalog.get(name), "is_place", False)


def _look_into(dataset: Any, path: Path, now: Stamp) -> str:
    if not hasattr(dataset, "content_digest"):
        return digest_of(path, now)
    place = (type(dataset), path.absolute(), now)
    if place not in _found:
        try:
            content = str(dataset.content_digest())
        except (UserError, DatasetError):  # a damaged file is not the one that was recorded
            return digest_of(path, now)
        if not now.is_settled:
            return content
        _found[place] = content
    return _found[place]


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
    return origin.replaced_by if is_file_of(name, catalog) else None


def digest_of(path: Path, now: Stamp) -> str:
    """Return a digest of a file, or of all files of a folder, which a process reads once while they stay.

    Args:
        path: of the file or folder.
        now: its stamp, from before it is read.
    """
    place = (bytes, path.absolute(), now)
    if place in _found:
        return _found[place]
    contents = []
    for state in now:
        with (path / state.name).open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        contents.append(f"{state.name}/{content}")
    found = digest("\n".join(contents).encode("utf-8", "surrogateescape"))
    if now.is_settled:
        _found[place] = found
    return found
