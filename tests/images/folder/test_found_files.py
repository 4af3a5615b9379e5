"""Every file below a folder is found once; what is not followed is named with the reason."""

import os

import pytest

from image_classification.images.folder.found_files import find_files


def statuses(root):
    return dict(find_files(root).files)


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_nested_files_come_in_natural_order(tmp_path):
    for name in ("b/10.jpg", "b/9.jpg", "b/deep/er/1.jpg", "a/1.jpg", "top.jpg"):
        touch(tmp_path / name)

    content = find_files(tmp_path)

    assert [file.name for file in content.files] == [
        "a/1.jpg",
        "b/9.jpg",
        "b/10.jpg",
        "b/deep/er/1.jpg",
        "top.jpg",
    ]
    assert {file.status for file in content.files} == {"ok"}
    assert content.folders == ["a", "b", "b/deep", "b/deep/er"]


def test_hidden_files_are_named_and_hidden_folders_not_looked_into(tmp_path):
    for name in ("a/.hidden.jpg", "a/Thumbs.db", "a/.cache/1.jpg", "__MACOSX/a/1.jpg", "a/1.jpg"):
        touch(tmp_path / name)

    assert statuses(tmp_path) == {
        "a/.hidden.jpg": "ignored: hidden",
        "a/Thumbs.db": "ignored: hidden",
        "a/.cache/": "ignored: hidden",
        "__MACOSX/": "ignored: hidden",
        "a/1.jpg": "ok",
    }


def test_links_are_followed_but_never_in_circles(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    touch(root / "a" / "1.jpg")
    touch(elsewhere / "2.jpg")
    (root / "a" / "up").symlink_to(root)
    (root / "b").symlink_to(elsewhere)
    (root / "a" / "3.jpg").symlink_to(elsewhere / "2.jpg")
    (root / "a" / "gone.jpg").symlink_to(root / "nothing")
    (root / "a" / "self.jpg").symlink_to(root / "a" / "self.jpg")

    assert statuses(root) == {
        "a/1.jpg": "ok",
        "a/3.jpg": "ok",
        "a/gone.jpg": "unreadable: a link that leads nowhere",
        "a/self.jpg": "unreadable: a link that leads nowhere",
        "a/up/": "ignored: a link to a folder that it lies in",
        "b/2.jpg": "ok",
    }


def test_the_root_may_be_a_link(tmp_path):
    touch(tmp_path / "real" / "a" / "1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert statuses(tmp_path / "link") == {"a/1.jpg": "ok"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_what_would_block_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "1.jpg")

    assert statuses(tmp_path) == {"1.jpg": "ignored: not a regular file"}


@pytest.mark.skipif(os.name == "nt", reason="names are text on this system")
def test_a_name_that_is_no_text_can_still_be_told(tmp_path):
    os.close(os.open(os.fsencode(tmp_path) + b"/caf\xe9.jpg", os.O_CREAT | os.O_WRONLY))

    assert statuses(tmp_path) == {r"caf\xe9.jpg": "unreadable: its name is not valid UTF-8"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may open everything")
def test_a_folder_that_may_not_be_opened_is_named(tmp_path):
    (tmp_path / "a").mkdir(mode=0)

    assert statuses(tmp_path) == {"a/": "unreadable: the folder cannot be opened (Permission denied)"}
