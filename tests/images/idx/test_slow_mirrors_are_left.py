"""A mirror that sends next to nothing is left for the next one, although it never falls silent."""

import hashlib
import threading
from itertools import pairwise

import pytest

from image_classification.images.idx import download
from image_classification.images.idx.download import RemoteFile, download_files
from image_classification.images.idx.mirror import LEAST_SPEED, WINDOW, MirrorSilentError, Pace

CONTENT = b"\x1f\x8b" + bytes(range(256)) * 400
FILE = RemoteFile("archive.gz", hashlib.md5(CONTENT).hexdigest(), len(CONTENT))
OTHER = RemoteFile("other.gz", hashlib.md5(CONTENT).hexdigest(), len(CONTENT))


class Clock:
    """A second passes whenever it is looked at, and with each second a byte may be sent."""

    def __init__(self):
        self.now = 0.0
        self.bytes_due = threading.Semaphore(1)

    def __call__(self):
        self.now += 1.0
        self.bytes_due.release()
        return self.now


def trickle(clock, server):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        for number in range(len(CONTENT)):
            while not clock.bytes_due.acquire(timeout=0.05):
                if server.released.is_set():
                    return
            handler.wfile.write(CONTENT[number : number + 1])
            handler.wfile.flush()

    return answer


def test_a_byte_a_second_is_too_slow(start_server, tmp_path):
    slow, good, clock = start_server(), start_server(), Clock()
    slow.behaviours = dict.fromkeys((FILE.name, OTHER.name), trickle(clock, slow))
    good.files = {FILE.name: CONTENT, OTHER.name: CONTENT}

    report = download_files([FILE, OTHER], tmp_path, [slow.address, good.address], 20.0, clock)

    [(mirror, reason)] = report.failures
    assert mirror == slow.address
    assert reason.startswith("too slow: ")
    assert reason.endswith(" s, less than 4 kB a second")
    assert clock.now < 3 * WINDOW
    assert slow.asked == [FILE.name]  # it would be as slow with the others
    assert report.fetched == {FILE.name: good.address, OTHER.name: good.address}
    assert {path.name for path in tmp_path.iterdir()} == {FILE.name, OTHER.name}


def test_a_web_page_that_trickles_is_known_by_its_beginning(start_server, tmp_path):
    server = start_server()

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        for part in (b"\n", b" ", b"<!DOCTYPE", b" html>"):
            handler.wfile.write(part)
            handler.wfile.flush()

    server.behaviours[FILE.name] = answer

    report = download_files([FILE], tmp_path, [server.address], 20.0)

    assert "a web page came" in report.failures[0][1]


def test_a_file_of_unknown_size_does_not_fill_the_disk(start_server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_LARGEST", 1000)
    server = start_server()
    server.files[FILE.name] = CONTENT

    report = download_files([RemoteFile(FILE.name, "", 0)], tmp_path, [server.address], 20.0)

    assert report.failures == [(server.address, "archive.gz: too long: more than 1000 bytes came")]
    assert not list(tmp_path.iterdir())


def received(*points):
    """What comes at each second, as (seconds, bytes)."""
    times = iter([0.0, *(seconds for seconds, _ in points)])
    pace = Pace(lambda: next(times))
    for _, count in points:
        pace.received(count)


ENOUGH = int(LEAST_SPEED)


@pytest.mark.parametrize(
    "points",
    [
        [(second, ENOUGH) for second in range(1, 200)],
        [(19, 1), (20, 20 * ENOUGH)],
        [(1, 1), (2, 1), (19.9, 1)],
        [(0.1, 10**9), (15, 1)],
        [(15, 16 * ENOUGH), (30, 16 * ENOUGH), (45, 16 * ENOUGH)],
    ],
)
def test_what_is_fast_enough(points):
    received(*points)


@pytest.mark.parametrize(
    "points",
    [
        [(second, 1) for second in range(1, 30)],
        [(second, ENOUGH - 1) for second in range(1, 30)],
        # fast at first
        [(1, 10**8), *((second, 1) for second in range(2, 60))],
        [(25, 1)],
    ],
)
def test_what_is_too_slow(points):
    assert all(before[0] < after[0] for before, after in pairwise(points))
    with pytest.raises(MirrorSilentError, match="too slow"):
        received(*points)
