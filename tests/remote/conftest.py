"""A way to fetch from buckets into a folder of the test."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from tests.bucket import Server

from image_classification.remote.access import give_access
from image_classification.remote.options import RemoteOptions


@pytest.fixture
def server(bucket_server: Server) -> Server:
    return bucket_server


class MemoryStore:
    """Buckets in the memory of this process, `memory://bucket`, as fast as they get."""

    def __init__(self) -> None:
        self._store = fsspec.filesystem("memory")

    def make(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        self.put(bucket, objects)

    def put(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        self._store.pipe({f"/{bucket}/{key}": content for key, content in objects.items()})

    def delete(self, bucket: str, *keys: str) -> None:
        for key in keys:
            self._store.rm(f"/{bucket}/{key}")


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def bucket() -> str:
    """A name that no other test has."""
    return f"bucket-{uuid4().hex[:8]}"


@pytest.fixture
def begin(server: Server, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Begin a run, which looks at everything again; with the right credentials, unless others are given."""

    def begin(known: dict[str, Any] | None = None, *, entry: str = "", **options: Any) -> None:
        credentials = {"s3": server.credentials} if known is None else known
        give_access(tmp_path / "copies", RemoteOptions(credentials=entry, **options), lambda: credentials)

    begin()
    yield begin
    give_access(tmp_path / "nothing more")


@pytest.fixture(scope="session")
def killed_process() -> dict[str, str]:
    """The description of a process that has ended."""
    describe = "from image_classification.processes.identity import this_process; print(dict(this_process()))"
    told = subprocess.check_output([sys.executable, "-c", describe], text=True)
    description: dict[str, str] = ast.literal_eval(told)
    return description
