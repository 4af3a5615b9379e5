"""A file is either the old one or the new one."""

import errno
import os
import subprocess
import sys

import pytest

from image_classification.files import remove_leftovers, replacing


def test_the_new_content_replaces_the_old(tmp_path):
    target = tmp_path / "a" / "b.txt"
    for content in ("old", "new"):
        with replacing(target) as temporary:
            temporary.write_text(content)

    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_power_cut_finds_the_old_file_or_the_whole_new_one(tmp_path, monkeypatch):
    """What the system has been asked to write to the disk is all that a power cut leaves for certain."""
    target = tmp_path / "file"
    target.write_text("old")
    on_disk = []

    def flush(descriptor):
        on_disk.append((os.fstat(descriptor).st_ino, os.pread(descriptor, 100, 0), target.read_text()))

    monkeypatch.setattr(os, "fsync", flush)
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert on_disk == [(target.stat().st_ino, b"new", "old")]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_folder_of_the_network_that_cannot_be_asked_for_it_will_do(tmp_path, monkeypatch, number):
    def refuse(descriptor):
        raise OSError(number, "unknown")

    monkeypatch.setattr(os, "fsync", refuse)
    with replacing(tmp_path / "file") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "file").read_text() == "new"


def test_a_failure_keeps_the_old_content(tmp_path):
    target = tmp_path / "b.txt"
    target.write_text("old")

    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError

    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_leftover_of_a_killed_process_is_removed_by_the_next_writer(tmp_path):
    target = tmp_path / "b.txt"
    program = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from image_classification.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, target], check=False)
    assert len(list(tmp_path.iterdir())) == 1

    with replacing(target) as temporary:
        temporary.write_text("new")

    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_another_writer_that_lives_is_left_in_peace(tmp_path):
    target = tmp_path / "b.txt"
    with replacing(target) as temporary:
        temporary.write_text("first")
        with replacing(target) as other:
            other.write_text("second")
        remove_leftovers(target)
        assert temporary.exists()

    assert target.read_text() == "first"


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_whoever_may_read_new_files_may_read_this_one(tmp_path, umask):
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "file") as temporary:
            temporary.write_text("content")
            temporary.chmod(0o600)  # as safetensors leaves it
        (tmp_path / "other").write_text("content")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode
