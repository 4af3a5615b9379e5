"""Where the output is no terminal, a line now and then says how far a fetch is."""

import logging

import pytest

from image_classification.console import console
from image_classification.remote.fetched import here
from image_classification.remote.listing import RemoteFile
from image_classification.remote.patience import PatientStore
from image_classification.remote.progress import Progress


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records if "Fetched" in record.getMessage()]


def files_of(*sizes):
    return [RemoteFile(f"bucket/{place}", size, "", None) for place, size in enumerate(sizes)]


@pytest.mark.parametrize("seconds", [10, 25])
def test_a_line_now_and_then(lines, seconds):
    now, files, bars = [0.0], files_of(*[1_000] * 100), []
    progress = Progress(files, bars.append, seconds, lambda: now[0])
    for file in files:
        now[0] += 1
        progress.came(file, 400)
        progress.tell()
        progress.came(file, 1_000)
        progress.tell(1)
    assert len(lines()) == 100 // seconds
    last = 100 // seconds * seconds
    came = f"{last - 1}.4 kB" if last > 1 else "400 bytes"
    assert lines()[-1] == f"Fetched {last - 1} of 100 files ({came} of 100.0 kB)."
    assert sum(bars) == 100


def test_sizes_that_nobody_says(lines):
    now = [0.0]
    progress = Progress(files_of(None, None), lambda _: None, 10, lambda: now[0])
    now[0] = 11
    progress.tell(1)
    assert lines() == ["Fetched 1 of 2 files (0 bytes)."]


def test_a_terminal_has_a_bar(lines, monkeypatch):
    monkeypatch.setattr(console, "_force_terminal", True)
    progress = Progress(files_of(1), lambda _: None, 0)
    progress.tell(1)
    assert not lines()


@pytest.mark.parametrize("sizes", [[0], [1, 70_000, 6_000_000]])
def test_bytes_are_those_that_came(begin, server, bucket, sizes, monkeypatch):
    came = {}
    monkeypatch.setattr(Progress, "came", lambda _, file, size: came.update({file.path: size}))
    server.make(bucket, {f"x/{size}": bytes(size) for size in sizes})
    here(f"s3://{bucket}/x")
    assert came == {f"{bucket}/x/{size}": size for size in sizes}


def test_a_library_that_counts_nothing(tmp_path):
    class Store:
        def get_file(self, address, path, **_):
            (tmp_path / path).write_bytes(b"12345")

    came = []
    PatientStore(Store(), 30).get_file("x://y", str(tmp_path / "file"), came.append)
    assert came[-1] == 5
