"""A folder that another process removes, as it is empty, is made again by whoever puts something there."""

import os
from pathlib import Path

import pytest

from image_classification.files import replacing
from image_classification.files.shared_folders import MOST_TIMES, in_folder


@pytest.mark.parametrize("times", [0, 1, MOST_TIMES - 1])
def test_it_is_made_again(tmp_path, vanishing, times):
    folder = tmp_path / "a" / "b"
    removed = vanishing(folder, times)
    assert in_folder(folder, lambda: (folder / "file").write_text("content")) == len("content")
    assert len(removed) == times
    assert (folder / "file").read_text() == "content"


@pytest.mark.parametrize("times", [1, MOST_TIMES - 1])
def test_a_file_that_is_replaced_gets_there(tmp_path, vanishing, times):
    target = tmp_path / "a" / "file"
    removed = vanishing(target.parent, times)
    with replacing(target) as temporary:
        temporary.write_text("content")
    assert len(removed) == times
    assert target.read_text() == "content"


def test_it_may_be_removed_when_it_was_just_found(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    mkdir, found = os.mkdir, []

    def refused(path, *arguments):
        try:
            mkdir(path, *arguments)
        except FileExistsError:
            found.append(Path(path))
            folder.rmdir()
            raise

    monkeypatch.setattr(os, "mkdir", refused)
    in_folder(folder, (folder / "file").touch)
    assert found == [folder]
    assert (folder / "file").exists()


def test_its_parent_may_be_removed_too(tmp_path, vanishing):
    folder = tmp_path / "a" / "b"
    removed = vanishing(tmp_path / "a", 2)
    in_folder(folder, (folder / "file").touch)
    assert len(removed) == 2
    assert (folder / "file").exists()


def test_one_that_is_always_gone_is_an_error(tmp_path, vanishing):
    removed = vanishing(tmp_path / "a", 10**6)
    with pytest.raises(FileNotFoundError):
        in_folder(tmp_path / "a", (tmp_path / "a" / "file").touch)
    assert len(removed) == MOST_TIMES


def test_what_fails_for_another_reason_is_an_error(tmp_path):
    (tmp_path / "a").write_text("a file in its place")
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(OSError, match=r"File exists|Not a directory"):
            in_folder(folder, (folder / "file").touch)

    asked = []

    def refused():
        asked.append(1)
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        in_folder(tmp_path, refused)
    assert len(asked) == 1
