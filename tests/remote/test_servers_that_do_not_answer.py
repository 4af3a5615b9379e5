"""Where nobody answers, the copy of before is used or not, as was said; nothing is fetched twice."""

import logging
import socket

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from image_classification.errors import UserError
from image_classification.remote.fetched import here


@pytest.fixture
def nowhere():
    """Credentials of a server that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens at this port, and nobody else can
        endpoint = {"endpoint_url": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        yield {"s3": {"key": "k", "secret": "s", "client_kwargs": endpoint}}


def test_the_copy_of_before_is_used(begin, server, bucket, nowhere, caplog):
    server.make(bucket, {"x/1": b"1"})
    here(f"s3://{bucket}/x")
    begin(nowhere)
    assert (here(f"s3://{bucket}/x") / "1").read_bytes() == b"1"
    assert "cannot be reached" in caplog.text
    assert "is used" in caplog.text


def test_a_run_stops_where_that_is_wanted(begin, server, bucket, nowhere):
    server.make(bucket, {"x/1": b"1"})
    here(f"s3://{bucket}/x")
    begin(nowhere, check="always")
    with pytest.raises(UserError, match="cannot be reached"):
        here(f"s3://{bucket}/x")


def test_without_a_copy_a_run_stops(begin, bucket, nowhere):
    begin(nowhere)
    with pytest.raises(UserError, match="cannot be reached"):
        here(f"s3://{bucket}/x")


def test_nobody_is_asked_where_that_is_wanted(begin, memory, bucket, caplog):
    caplog.set_level(logging.INFO)
    memory.make(bucket, {"x/1": b"1"})
    here(f"memory://{bucket}/x")
    memory.put(bucket, {"x/2": b"2"})
    begin(check="never")
    assert [path.name for path in here(f"memory://{bucket}/x").iterdir()] == ["1"]
    with pytest.raises(UserError, match="never fetched"):
        here(f"memory://{bucket}/other")


def test_a_server_that_dies_in_the_middle(begin, bucket, monkeypatch):
    store = MemoryFileSystem()
    store.pipe({f"/{bucket}/x/{number:03d}": b"1" for number in range(300)})
    fetched, get_file = [], MemoryFileSystem.get_file

    def dies(self, path, target, **options):
        if len(fetched) == 250:
            raise ConnectionResetError("the server is gone")
        fetched.append(path)
        return get_file(self, path, target, **options)

    begin(at_once=1)
    monkeypatch.setattr(MemoryFileSystem, "get_file", dies)
    with pytest.raises(UserError, match=r"cannot be reached: .*gone"):
        here(f"memory://{bucket}/x")
    begin(at_once=1)
    # what is here may be of two times: it is not taken for a copy
    begin(check="never")
    with pytest.raises(UserError, match="not to its end"):
        here(f"memory://{bucket}/x")
    begin(at_once=1)
    fetched.clear()
    assert len(list(here(f"memory://{bucket}/x").iterdir())) == 300
    assert len(fetched) == 50


def test_a_file_that_changes_while_it_is_fetched(begin, bucket, monkeypatch):
    MemoryFileSystem().pipe({f"/{bucket}/x/1": b"1234"})

    def shorter(self, path, target, **options):
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(b"12")

    monkeypatch.setattr(MemoryFileSystem, "get_file", shorter)
    with pytest.raises(UserError, match="has changed while it was fetched"):
        here(f"memory://{bucket}/x")
