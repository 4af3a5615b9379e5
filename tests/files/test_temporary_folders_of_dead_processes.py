"""A process that is killed leaves its temporary folder: the next one removes it, and none of the living."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from image_classification.files.temporary import PREFIX, temporary_folder


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where temporary folders are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


class Other:
    """Another process, which has a temporary folder with something in it for as long as it lives."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self.number = os.fork()
        if not self.number:
            with temporary_folder() as folder:
                (folder / "within").mkdir()
                (folder / "within" / "weights").write_text("many")
                os.write(write, str(folder).encode())
                signal.pause()
        self.folder = Path(os.read(read, 1000).decode())

    def kill(self):
        os.kill(self.number, signal.SIGKILL)
        os.waitpid(self.number, 0)


@pytest.mark.parametrize("killed", [(), (0,), (0, 2), (0, 1, 2)])
def test_only_what_the_dead_have_left_is_removed(killed):
    others = [Other() for _ in range(3)]
    try:
        for number in killed:
            others[number].kill()
        assert all((each.folder / "within" / "weights").exists() for each in others)
        with temporary_folder():
            living = [number for number in range(3) if number not in killed]
            assert [number for number, each in enumerate(others) if each.folder.exists()] == living
    finally:
        for number in {0, 1, 2} - set(killed):
            others[number].kill()


@pytest.mark.parametrize("name", ["abc", "a-b-c-d-e-f-g", "", "dead-beef-1-2-3-x", "-------"])
def test_what_is_of_no_known_process_stays(place, name):
    (place / f"{PREFIX}{name}").mkdir()
    (place / f"{PREFIX}{name}.lock").touch()
    with temporary_folder() as folder:
        assert not list(folder.iterdir())
    assert {each.name for each in place.iterdir()} == {f"{PREFIX}{name}", f"{PREFIX}{name}.lock"}


def test_a_link_leads_nowhere(place):
    other = Other()
    other.kill()
    kept = place / "kept"
    kept.mkdir()
    (kept / "file").touch()
    name = other.folder.name
    with temporary_folder():
        pass
    (place / name).symlink_to(kept)
    with temporary_folder():
        assert (kept / "file").exists()


def test_after_the_block_it_is_gone(place):
    with pytest.raises(KeyboardInterrupt), temporary_folder() as folder:
        (folder / "file").touch()
        raise KeyboardInterrupt
    assert not list(place.iterdir())
