"""Small files are read at once, large ones are not."""

import io
import os

import pytest

from image_classification.images.reading import pictures
from image_classification.images.reading.pictures import open_content, read_ahead


@pytest.mark.parametrize(("size", "in_memory"), [(0, True), (10, True), (11, False), (25, False)])
def test_the_content_from_its_beginning(tmp_path, monkeypatch, size, in_memory):
    monkeypatch.setattr(pictures, "_LARGE", 10)
    (tmp_path / "a").write_bytes(bytes(range(size)))

    with open_content(tmp_path / "a") as file:
        assert isinstance(file, io.BytesIO) == in_memory
        assert file.read() == bytes(range(size))


def test_a_system_that_reads_a_part_is_asked_again(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(range(100)))
    read = os.read
    monkeypatch.setattr(os, "read", lambda file, size: read(file, min(size, 30)))

    assert open_content(tmp_path / "a").read() == bytes(range(100))


@pytest.mark.parametrize("name", ["there", "not there", "."])
def test_what_cannot_be_read_ahead_is_no_error(tmp_path, name):
    (tmp_path / "there").write_bytes(b"x")

    read_ahead(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_content(tmp_path / "a")
