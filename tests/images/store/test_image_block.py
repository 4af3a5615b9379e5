"""Images written to a block lie in the file at the place of their rows."""

import errno
import os

import numpy as np
import pytest

from image_classification.images.store.filling import image_block
from image_classification.images.store.filling.image_block import ImageBlock

SHAPE = (5, 3, 2, 4)
PIXELS = np.arange(5 * 24, dtype=np.uint8).reshape(SHAPE)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "block").write_bytes(b"\xff" * (7 + 5 * 24 + 3))
    return tmp_path / "block"


@pytest.mark.parametrize("positioned", [True, False])
def test_rows_go_to_their_places_in_any_order(path, monkeypatch, positioned):
    if not positioned:  # Windows has none
        monkeypatch.delattr(os, "pwrite", raising=False)

    with ImageBlock(path, 7, SHAPE) as block:
        block.write(4, PIXELS[4:])
        block.write(0, PIXELS[:2])

    content = path.read_bytes()
    assert content[:7] + content[-3:] == b"\xff" * 10
    written = np.frombuffer(content[7:-3], dtype=np.uint8).reshape(SHAPE)
    np.testing.assert_array_equal(written[[0, 1, 4]], PIXELS[[0, 1, 4]])
    assert (written[2:4] == 255).all()


def test_pixels_in_another_order_of_memory(path):
    with ImageBlock(path, 7, SHAPE) as block:
        block.write(0, np.ascontiguousarray(PIXELS.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2))

    np.testing.assert_array_equal(np.frombuffer(path.read_bytes()[7:-3], dtype=np.uint8), PIXELS.ravel())


def test_a_system_that_writes_a_part_is_asked_again(path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, content, place: pwrite(file, content[:10], place))

    with ImageBlock(path, 7, SHAPE) as block:
        block.write(0, PIXELS)

    np.testing.assert_array_equal(np.frombuffer(path.read_bytes()[7:-3], dtype=np.uint8), PIXELS.ravel())


@pytest.mark.parametrize(("row", "images"), [(4, PIXELS[:2]), (-1, PIXELS[:1]), (0, PIXELS[:, :1])])
def test_what_does_not_fit_is_refused(path, row, images):
    before = path.read_bytes()

    with ImageBlock(path, 7, SHAPE) as block, pytest.raises(ValueError, match="do not fit"):
        block.write(row, images)

    assert path.read_bytes() == before


@pytest.mark.parametrize("call", ["fdatasync", "fsync"])
def test_what_is_written_is_sent_to_the_disk_before_the_end(path, monkeypatch, call):
    monkeypatch.delattr(os, "fdatasync", raising=False)  # some systems have none
    monkeypatch.setattr(image_block, "_FLUSHED_AT_ONCE", 40)
    sent = []
    monkeypatch.setattr(os, call, sent.append, raising=False)

    with ImageBlock(path, 7, SHAPE) as block:
        block.write(0, PIXELS[:1])
        assert not sent
        block.write(1, PIXELS[1:])

    assert len(sent) == 1


def test_what_keeps_it_from_the_disk_is_told(path, monkeypatch):
    def fail(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(image_block, "_FLUSHED_AT_ONCE", 1)
    monkeypatch.setattr(os, "fdatasync", fail, raising=False)

    with pytest.raises(OSError, match=os.strerror(errno.EIO)), ImageBlock(path, 7, SHAPE) as block:
        block.write(0, PIXELS)
