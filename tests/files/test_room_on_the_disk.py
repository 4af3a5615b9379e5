"""A disk that is too full is said with figures, and what was there before is kept."""

import errno
import subprocess
from collections import namedtuple

import pytest
from tests.disk import files_of_at_most

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.troubles import require_room


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_text("old")
    return path


def written(target, size):
    with replacing(target) as temporary:
        temporary.write_bytes(bytes(size))


def assert_kept(target, refused, *parts):
    first, advice = str(refused.value).splitlines()
    assert first.startswith(f"There is no room for {target}: ")
    assert first.endswith("; the earlier file is kept.")
    assert all(part in first for part in parts)
    assert "Make room" in advice
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_may_not_grow(target):
    with files_of_at_most(1000), pytest.raises(UserError) as refused:
        written(target, 2000)
    assert_kept(target, refused, "a file may have 1.0 kB (ulimit -f), and it needs more than that")


def test_a_disk_that_is_full(target, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        target = disk / "file"
        target.write_text("old")
        with pytest.raises(UserError) as refused:
            written(target, 100_000)
        assert_kept(target, refused, f"61.4 kB are free in {disk}, and it needs more than that")
        with pytest.raises(UserError) as refused, replacing(target, 100_000):
            raise AssertionError("it is begun")
        assert_kept(target, refused, "and it needs 100.0 kB")
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "are free in"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "your quota of the disk is used up"),
        (OSError(errno.EFBIG, "File too large"), "its disk takes no file so large"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "are free in"),  # safetensors
    ],
)
def test_whoever_notices_it(target, error, part):
    with pytest.raises(UserError) as refused, replacing(target):
        raise error
    assert_kept(target, refused, part)


def test_the_room_is_looked_for_before_a_large_file_is_begun(target, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(100, 58, 42))
    with pytest.raises(UserError) as refused, replacing(target, 43):
        raise AssertionError("it is begun")
    assert_kept(target, refused, "42 bytes are free in", "and it needs 43 bytes")
    require_room(target, 42)


def test_a_file_of_somebody_else_that_cannot_be_read_is_not_taken_for_it(target, tmp_path):
    with pytest.raises(FileNotFoundError), replacing(target):
        (tmp_path / "picture.png").read_bytes()
    with pytest.raises(PermissionError), replacing(target):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "picture.png"))
    assert target.read_text() == "old"


@pytest.mark.parametrize("in_the_way", ["a folder in its place", "a file in the place of its folder"])
def test_what_stands_in_the_way_is_named(tmp_path, in_the_way):
    target = tmp_path / "folder" / "file"
    if in_the_way.startswith("a folder"):
        target.mkdir(parents=True)
        (target / "kept").touch()
    else:
        target.parent.touch()
    with pytest.raises(UserError, match=rf"{target} cannot be written: "):
        written(target, 10)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".partial")]
