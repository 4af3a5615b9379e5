"""A server that accepts connections and never answers is given up; one that is slow is not."""

import logging
import re
import socket
import threading
from contextlib import suppress

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractFileSystem

from image_classification.errors import UserError
from image_classification.remote import patience
from image_classification.remote.access import access
from image_classification.remote.fetched import here
from image_classification.remote.options import RemoteOptions
from image_classification.remote.patience import PatientStore, wait_for
from image_classification.remote.results import ResultsFolder

SOON = 0.3


@pytest.fixture
def silent():
    """The address of a server that takes every connection, and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(100)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def forever():
    """What never happens while the test lasts."""
    event = threading.Event()
    yield event
    event.set()


def endpoint(url):
    return {"s3": {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": url}}}


@pytest.mark.parametrize("path", ["s3://bucket/x", "s3://bucket", "s3://bucket/*.jpg", "{url}/x.zip"])
def test_without_a_copy_a_run_stops(begin, silent, path):
    begin(endpoint(silent), timeout_s=SOON)
    with pytest.raises(UserError, match=r"cannot be reached: nothing came for 0\.3 s \(.*timeout_s\)"):
        here(path.format(url=silent))


def test_with_a_copy_that_is_used(begin, server, bucket, silent, caplog):
    server.make(bucket, {"x/1": b"1"})
    here(f"s3://{bucket}/x")
    begin(endpoint(silent), timeout_s=SOON)
    assert (here(f"s3://{bucket}/x") / "1").read_bytes() == b"1"
    assert "nothing came" in caplog.text
    assert "is used" in caplog.text
    begin(endpoint(silent), timeout_s=SOON, check="always")
    with pytest.raises(UserError, match="nothing came"):
        here(f"s3://{bucket}/x")


@pytest.mark.parametrize("method", ["info", "find", "get_file", "__init__"])
def test_whatever_is_done_of_whatever_library(begin, bucket, memory, forever, monkeypatch, method):
    memory.make(bucket, {f"x/{number}": b"1" for number in range(30)})
    begin(timeout_s=SOON)
    monkeypatch.setattr(MemoryFileSystem, method, lambda *_, **__: forever.wait())
    with pytest.raises(UserError, match="nothing came"):
        here(f"memory://{bucket}/x")


def test_files_that_came_are_kept(begin, bucket, memory, forever, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    memory.make(bucket, {f"x/{number}": b"1" for number in range(20)})
    get_file, asked = MemoryFileSystem.get_file, []

    def stops(self, path, target, **options):
        asked.append(path)
        if len(asked) == 12:
            forever.wait()
        get_file(self, path, target, **options)

    monkeypatch.setattr(MemoryFileSystem, "get_file", stops)
    begin(timeout_s=SOON, at_once=1)
    with pytest.raises(UserError, match="goes on from there"):
        here(f"memory://{bucket}/x")
    begin(at_once=1)
    assert len(list(here(f"memory://{bucket}/x").iterdir())) == 20
    (again,) = re.findall(r"Fetching (\d+) files of 20", caplog.text)
    assert int(again) <= 9


def test_results_are_not_waited_for(begin, silent):
    begin(endpoint(silent), timeout_s=SOON)
    with pytest.raises(UserError, match="nothing came"):
        ResultsFolder("s3://bucket/results", access())


class Clock:
    """A clock that is set by the test."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(patience, "monotonic", lambda: self.now)
        monkeypatch.setattr(patience, "_TICK", 0.001)


def test_a_slow_file_is_waited_for(monkeypatch):
    clock, came, done = Clock(monkeypatch), [0], threading.Event()

    def size():
        clock.now += 20
        came[0] += 1
        if came[0] == 10:
            done.set()
        return came[0]

    assert wait_for(lambda: done.wait() and "whole", 30, size) == "whole"
    assert clock.now >= 200


def test_one_call_goes_on_while_others_do(monkeypatch, forever):
    """They may be in a queue for one connection."""
    clock, store, calls = Clock(monkeypatch), PatientStore(object(), 30), [0]

    def size():
        clock.now += 20
        calls[0] += 1
        if calls[0] < 10:
            store.moved()
        return 0

    with pytest.raises(TimeoutError):
        wait_for(forever.wait, 30, size, store)
    assert calls[0] == 11


class Pages(MemoryFileSystem):
    """A listing of many folders, each of which takes its time."""

    clock: Clock
    cachable = False
    find = AbstractFileSystem.find

    def ls(self, path, detail=True, **options):
        self.clock.now += 20
        return super().ls(path, detail, **options)


def test_a_long_listing_is_waited_for(monkeypatch, bucket):
    store = Pages()
    store.clock = Clock(monkeypatch)
    store.pipe({f"/{bucket}/{number}/a": b"1" for number in range(20)})
    assert len(PatientStore(store, 30).find(f"memory://{bucket}", detail=True)) == 20
    assert store.clock.now > 400


def test_errors_are_those_of_the_library():
    with pytest.raises(FileNotFoundError, match="this one"):
        wait_for(lambda: (_ for _ in ()).throw(FileNotFoundError("this one")), 30)


def test_a_thread_that_hangs_is_not_waited_for(forever):
    before = set(threading.enumerate())
    with suppress(TimeoutError):
        wait_for(forever.wait, SOON)
    (left,) = set(threading.enumerate()) - before
    assert left.daemon


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9])
def test_no_time_at_all_is_refused(seconds):
    with pytest.raises(ValueError, match="timeout_s"):
        RemoteOptions(timeout_s=seconds)
