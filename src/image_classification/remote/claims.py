"""One run at a time writes to a folder in a bucket, where nothing can be locked.

Whoever wants to writes an object of its own, and then looks who else has: of two that do so at the same time
at least one sees the other, and gives way.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import uuid4

from image_classification.errors import UserError
from image_classification.processes.identity import HOST, is_gone, this_process
from image_classification.remote.address import Address
from image_classification.remote.patience import PatientStore
from image_classification.words import printable

FOLDER = ".writing"
"""In the folder: the objects of those who write there."""

_given_back: set[str] = set()  # by this process, whether they could be removed or not


def require_writable(store: PatientStore, address: Address) -> None:
    """Write an object and remove it again; whatever the library of the store raises comes through."""
    place = f"{address}/{FOLDER}/{uuid4().hex}"
    store.pipe_file(place, b"")
    _remove(store, place)


@contextmanager
def alone(
    store: PatientStore, address: Address, about: dict[str, str], busy: Callable[[str], UserError]
) -> Iterator[None]:
    """Write to a folder in the block, and nobody else.

    Args:
        store: the file system of fsspec that it is in.
        address: of the folder.
        about: what the others are told of this one.
        busy: returns what is raised where somebody else is at it.

    Raises:
        UserError: somebody else is.
    """
    place = f"{address}/{FOLDER}/{uuid4().hex}"
    content = {**about, "since": datetime.now().astimezone().isoformat(timespec="seconds"), **this_process()}
    store.pipe_file(place, json.dumps(content).encode())
    try:
        if other := next(_others(store, address, place), ""):
            raise busy(other)
        yield
    finally:
        _given_back.add(place.rpartition("/")[2])
        _remove(store, place)


def _others(store: PatientStore, address: Address, own: str) -> Iterator[str]:
    """Yield who else is writing there, in words; what is left of processes that have ended is removed."""
    for path in store.ls(f"{address}/{FOLDER}", detail=False):
        name = str(path).rstrip("/").rpartition("/")[2]
        if name in _given_back or name == own.rpartition("/")[2]:
            continue
        place = f"{address}/{FOLDER}/{name}"
        try:
            found = json.loads(store.cat_file(place))
        except (FileNotFoundError, ValueError):  # given back
            continue
        if not isinstance(found, dict):
            continue
        if is_gone({key: str(value) for key, value in found.items()}):
            _remove(store, place)
            continue
        who = f"the run {found.get('run')} on {found.get(HOST)}, since {found.get('since')}"
        yield f"{printable(who)} (if that has ended, remove {place})"


def _remove(store: PatientStore, place: str) -> None:
    with suppress(Exception):  # whoever may write may not be allowed to remove
        store.rm_file(place)
        return
    with suppress(Exception):
        store.pipe_file(place, b"")
