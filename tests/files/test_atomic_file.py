"""A file is either the old one or the new one."""

import errno
import os
import shutil
import stat
import subprocess
import sys

import pytest
from tests.programs import running

from image_classification import files
from image_classification.files import remove_leftovers, replacing

WRITE = (
    "import os, signal, sys\nfrom pathlib import Path\n"
    "from image_classification.files import replacing\n"
    "with replacing(Path(sys.argv[1])) as temporary:\n"
    "    temporary.write_text('half')\n"
)


def test_the_new_content_replaces_the_old(tmp_path):
    target = tmp_path / "a" / "b.txt"
    for content in ("old", "new"):
        with replacing(target) as temporary:
            temporary.write_text(content)

    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def names_in(folder):
    return [entry.name for entry in folder.iterdir()]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_power_cut_finds_the_old_file_or_the_whole_new_one(tmp_path, monkeypatch, depth):
    """What the system has been asked to write to the disk is all that a power cut leaves for certain."""
    folder = tmp_path.joinpath(*"abc"[:depth])
    target = folder / "file"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("old")
    on_disk = []

    def flush(descriptor):
        what = os.fstat(descriptor)
        is_folder = stat.S_ISDIR(what.st_mode)
        content = names_in(folder) if is_folder else os.pread(descriptor, 100, 0)
        on_disk.append((what.st_ino, content, target.read_text()))

    monkeypatch.setattr(os, "fsync", flush)
    with replacing(target) as temporary:
        temporary.write_text("new")
    file, names = target.stat().st_ino, folder.stat().st_ino
    assert on_disk == [(file, b"new", "old"), (names, ["file"], "new")]


def test_what_may_be_lost_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    on_disk = []
    monkeypatch.setattr(os, "fsync", on_disk.append)
    with replacing(tmp_path / "file", survives_power_cut=False) as temporary:
        temporary.write_text("new")
    assert not on_disk
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_a_folder_of_the_network_that_cannot_be_asked_for_it_will_do(tmp_path, monkeypatch, number, call):
    class Os:
        """The system as this module sees it."""

        def __getattr__(self, name):
            return self.refuse if name == call else getattr(os, name)

        def refuse(self, *arguments):
            raise OSError(number, "unknown")

    monkeypatch.setattr(files, "os", Os())
    with replacing(tmp_path / "file") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("failing", [1, 2])
def test_a_disk_that_fails_to_write_is_told(tmp_path, monkeypatch, failing):
    calls = []

    def flush(descriptor):
        calls.append(descriptor)
        if len(calls) == failing:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", flush)
    with pytest.raises(OSError, match="Input/output error"), replacing(tmp_path / "file") as temporary:
        temporary.write_text("new")


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
    subprocess.run(
        [sys.executable, "-c", WRITE + "    os.kill(os.getpid(), signal.SIGKILL)", target], check=False
    )
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


IN_A_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc")


@pytest.mark.parametrize("name", ["file", "a.b-c.safetensors"])
def test_a_writer_in_another_container_of_the_same_host_name_is_left_in_peace(tmp_path, name):
    """Its number means nothing here: there is no such process, or it is another one."""
    if not shutil.which("unshare") or subprocess.run([*IN_A_CONTAINER, "true"], check=False).returncode:
        pytest.skip("this system lets nobody make a space of process numbers")
    target = tmp_path / name
    program = WRITE + "    print('half', flush=True)\n    sys.stdin.read()"
    command = [*IN_A_CONTAINER, sys.executable, "-c", program, target]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "half\n"
        with replacing(target) as temporary:
            temporary.write_text("ours")
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert target.read_text() == "half"
    assert list(tmp_path.iterdir()) == [target]


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
