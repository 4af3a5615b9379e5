"""New images are read batch by batch; files that are none come with the reason."""

import pytest
import torch
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.new_images import find_new_images, read_new_images


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name, shade in (("2.png", 2), ("10.png", 10), ("deep/3.png", 3)):
        Image.new("L", (4, 4), shade).save(tmp_path / name)
    (tmp_path / "4.jpg").touch()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.png").touch()
    return tmp_path


def test_all_files_but_hidden_ones(folder):
    assert find_new_images(folder) == ["2.png", "4.jpg", "10.png", "deep/3.png", "notes.txt"]
    assert find_new_images(folder / "2.png") == ["2.png"]


def test_batches(folder):
    names = find_new_images(folder)

    batches = list(read_new_images(folder, names, (1, 2, 2), "stretch", batch_size=2))

    assert [list(batch.names) for batch in batches] == [names[:2], names[2:4], names[4:]]
    assert [len(batch.images) for batch in batches] == [1, 2, 0]
    assert batches[1].images[:, 0, 0, 0].tolist() == [10, 3]
    assert batches[2].images.shape == (0, 1, 2, 2)
    assert batches[2].images.dtype == torch.uint8
    assert [list(batch.reasons) for batch in batches] == [
        ["", "the file is empty"],
        ["", ""],
        ["not an image"],
    ]


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"inference\.images = .*: there is no file"):
        find_new_images(tmp_path)
