"""A server that is lost while results are copied to it is told once, whatever libraries leave behind."""

import asyncio
import gc
import logging
import socket
import struct
import threading

import pytest

from image_classification.errors import UserError
from image_classification.remote.access import access
from image_classification.remote.results import ResultsFolder, Source


class Wire:
    """A way to a server that is cut in the middle of what is sent."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._target, self.is_cut = (host, int(port)), threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while (data := source.recv(65536)) and not self.is_cut.is_set():
                target.sendall(data)
            if self.is_cut.is_set():
                source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        source.close()
        target.close()

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def wire(server):
    wire = Wire(server.url)
    yield wire
    wire.close()


@pytest.mark.slow
def test_while_results_are_copied(begin, server, bucket, wire, tmp_path, caplog):
    server.make(bucket)
    begin(
        {
            "s3": {
                **server.credentials,
                "client_kwargs": {"endpoint_url": wire.url, "region_name": "us-east-1"},
            }
        }
    )
    results, by = ResultsFolder(f"s3://{bucket}/x", access()), Source("a", "kedro run", "now")
    files = {}
    for number in range(20):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(b"x" * 3_000_000)
        files[path.name] = (path, by)
    put, sent = results._put, []

    def cut_in_the_middle(item):
        sent.append(item)
        if len(sent) == 10:
            wire.is_cut.set()
            wire.close()
        put(item)

    results._put = cut_in_the_middle
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError, match="--only-missing-outputs copies it"):
        results.bring(files, by)
    gc.collect()
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


@pytest.mark.parametrize("library", ["aiohttp", "s3fs"])
def test_what_a_library_leaves_behind_is_for_the_log_file(begin, bucket, caplog, library):
    ResultsFolder(f"memory://{bucket}/x", access())

    def report(place):
        loop = asyncio.new_event_loop()
        loop.call_exception_handler(
            {"message": "Task exception was never retrieved", "future": f"<Task defined at {place}>"}
        )
        loop.close()

    report(f"/lib/site-packages/{library}/client.py:1538")
    report("/work/mine.py:1")
    assert [each.levelno for each in caplog.records] == [logging.DEBUG, logging.ERROR]
