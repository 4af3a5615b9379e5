"""Small files are read at once, large ones are not."""

import io

import pytest

from image_classification.images import file_content
from image_classification.images.file_content import open_content


@pytest.mark.parametrize(("size", "in_memory"), [(0, True), (9, True), (10, False), (25, False)])
def test_the_content_from_its_beginning(tmp_path, monkeypatch, size, in_memory):
    monkeypatch.setattr(file_content, "_LARGE", 10)
    (tmp_path / "a").write_bytes(bytes(range(size)))

    with open_content(tmp_path / "a") as file:
        assert isinstance(file, io.BytesIO) == in_memory
        assert file.read() == bytes(range(size))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_content(tmp_path / "a")
