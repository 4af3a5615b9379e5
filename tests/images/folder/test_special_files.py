"""A pipe, a socket or a device in place of a file is refused, and never waited for."""

import os
import socket

import pandas as pd
import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.files.paths import open_regular
from image_classification.images.folder.found_files import given_path
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_pictures import read_new_images
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.tables.read import read_table
from image_classification.images.idx.archive import read_idx
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.networks.pretrained.weights_file import read_weights

pytestmark = pytest.mark.skipif(os.name == "nt", reason="this system has no such files")


@pytest.fixture
def pipe(tmp_path):
    """A named pipe that somebody could write to: without that, whoever opened it would wait for ever."""
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    yield path
    os.close(writer)


@pytest.fixture
def rows(tmp_path, pipe):
    """The rows of a table of four pictures and four other things, each with what is said of it."""
    for name in "abcdef":
        Image.new("L", (4, 4)).save(tmp_path / f"{name}.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.png"))
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "link.png").symlink_to("/dev/zero")
    (tmp_path / "nowhere.png").symlink_to("gone")
    pictures = {f"{name}.png": "" for name in "abcdef"}
    return pictures | {
        "pipe.png": "not a regular file but a named pipe",
        "socket.png": "not a regular file but a socket",
        "folder.png": "not a regular file but a folder",
        "link.png": "not a regular file but a device",
        "nowhere.png": "a link that leads nowhere",
    }


def write_table(tmp_path, rows):
    table = pd.DataFrame(
        {"path": list(rows), "label": ["x", "y"] * (len(rows) // 2) + ["x"] * (len(rows) % 2)}
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_in_a_table_of_labelled_images(tmp_path, rows):
    index = index_image_files(write_table(tmp_path, rows)).set_index("name")

    expected = {name: f"unreadable: {reason}" if reason else "ok" for name, reason in rows.items()}
    assert index["header_status"].to_dict() == expected


def test_in_a_table_of_new_images(tmp_path, rows):
    found = find_new_images(write_table(tmp_path, rows))

    (batch,) = read_new_images([found.files], (1, 4, 4), "stretch")

    assert dict(zip((file.name for file in batch.files), batch.reasons, strict=True)) == rows


def test_in_a_folder_of_new_images(tmp_path, rows):
    found = find_new_images(tmp_path)

    reasons = {file.name: file.reason for file in found.files if file.reason}
    assert reasons == {
        "link.png": "not a regular file",
        "nowhere.png": "a link that leads nowhere",
        "pipe.png": "not a regular file",
        "socket.png": "not a regular file",
    }


@pytest.mark.parametrize("name", ["pipe.png", "pipe.csv", "/dev/zero", "/dev/stdin"])
def test_as_what_an_option_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if not name.startswith("/"):
        os.mkfifo(tmp_path / name)

    if name == "/dev/stdin" and os.path.isfile(name):  # noqa: PTH113
        return
    with pytest.raises(UserError, match=r"not a regular file but a (named pipe|device|socket)") as error:
        given_path(ImageFolderOptions, "path", name)
    assert "write it to a file first" in str(error.value)


def test_put_in_place_of_a_file_meanwhile(pipe):
    for opened in (lambda: open_regular(pipe), lambda: open_regular("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file but a"):
            opened()
    with pytest.raises(UnreadableImageError, match="not a regular file but a named pipe"):
        decode_image(pipe, (1, 4, 4), "stretch")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_as_a_table(tmp_path, name):
    os.mkfifo(tmp_path / name)
    writer = os.open(tmp_path / name, os.O_RDWR | os.O_NONBLOCK)

    with pytest.raises(UserError, match="cannot be read: not a regular file but a named pipe"):
        read_table(tmp_path / name)

    os.close(writer)


def test_as_an_archive_or_weights(pipe):
    with pytest.raises(UserError, match="cannot be read: not a regular file but a named pipe"):
        read_idx(pipe, 3)
    with pytest.raises(UserError, match=r"There is no file .*; it is not a regular file but a named pipe"):
        read_weights(pipe, "weights")
