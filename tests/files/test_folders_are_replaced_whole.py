"""A folder is written beside its target and renamed: nothing of two makings is ever in it."""

import os
import signal

import pytest

from image_classification.files.folders import replacing_folder, restore_folder


def write(folder, **contents):
    for name, text in contents.items():
        (folder / name).write_text(text)


def content(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


@pytest.fixture
def target(tmp_path):
    with replacing_folder(tmp_path / "deep" / "target") as folder:
        write(folder, a="old", b="old")
    return tmp_path / "deep" / "target"


def test_the_new_one_takes_its_place(target):
    with replacing_folder(target) as folder:
        write(folder, a="new")
        assert content(target) == {"a": "old", "b": "old"}

    assert content(target) == {"a": "new"}
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_keeps_the_old_one(target):
    with pytest.raises(RuntimeError), replacing_folder(target) as folder:
        write(folder, a="half")
        raise RuntimeError("disk on fire")

    assert content(target) == {"a": "old", "b": "old"}
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_process_left_is_removed(target):
    child = os.fork()
    if not child:
        with replacing_folder(target) as folder:
            write(folder, a="half")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert content(target) == {"a": "old", "b": "old"}
    assert len(list(target.parent.iterdir())) == 2

    with replacing_folder(target) as folder:
        write(folder, a="new")

    assert content(target) == {"a": "new"}
    assert list(target.parent.iterdir()) == [target]


def test_one_that_was_set_aside_comes_back(target):
    """As a kill between the two renamings leaves it."""
    target.replace(target.with_name(".target.before"))

    restore_folder(target)

    assert content(target) == {"a": "old", "b": "old"}
    assert list(target.parent.iterdir()) == [target]


def test_one_that_was_replaced_does_not(target):
    target.with_name(".target.before").mkdir()

    restore_folder(target)

    assert content(target) == {"a": "old", "b": "old"}
    assert list(target.parent.iterdir()) == [target]
