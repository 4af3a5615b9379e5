"""The folder of what is kept is removed by any process that leaves it empty: nothing is lost by that."""

import errno
import logging
import shutil
from pathlib import Path

import pytest

from image_classification.files.shared_folders import MOST_TIMES
from image_classification.tracking.delivery import outbox as module
from image_classification.tracking.delivery.entries import FILE, METRICS, Entry
from image_classification.tracking.delivery.journal import read


@pytest.fixture
def outbox(run, monkeypatch):
    """It does not try again by itself."""
    for name in ("SOON", "LATE"):
        monkeypatch.setattr(module, name, 60)
    return run._outbox


def metric(step):
    return Entry(METRICS, [{"key": "train/loss", "value": 0.5, "timestamp": 1, "step": step}])


def put(outbox, entry, wait=0.05):
    return outbox.put(entry, "It", lambda what, error: None, wait)


def kept(pending):
    (journal,) = pending.glob("*.jsonl")
    return [entry.content[0]["step"] for entry in read(journal)[2]]


def missing(run, caplog):
    """What is said to be missing."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        run.say_what_is_missing()
    return caplog.text


@pytest.mark.parametrize("times", [1, MOST_TIMES - 1])
def test_what_is_kept_meanwhile(run, outbox, lock, pending, vanishing, caplog, times):
    lock()
    removed = vanishing(pending, times)
    put(outbox, metric(1))
    assert len(removed) == times
    assert kept(pending) == [1]
    assert "Not all could be kept" not in missing(run, caplog)


def refuse(monkeypatch, number):
    """Have the system refuse each file that is kept; returns what ends that."""
    opened = Path.open

    def refused(self, mode="r", *arguments, **options):
        if mode == "a":
            raise OSError(number, "no way", str(self))
        return opened(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", refused)
    return lambda: monkeypatch.setattr(Path, "open", opened)


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EROFS, errno.ENOSPC])
@pytest.mark.parametrize("more", [True, False])
def test_what_could_not_be_kept_is_once_it_can_be(
    run, outbox, lock, pending, monkeypatch, caplog, number, more
):
    lock()
    can_be_again = refuse(monkeypatch, number)
    for step in (1, 2):
        put(outbox, metric(step))
    assert "Not all could be kept: [Errno" in missing(run, caplog)
    assert "no way" in caplog.text
    can_be_again()
    if more:
        put(outbox, metric(3))
        assert kept(pending) == [1, 2, 3]
    said = missing(run, caplog)
    assert "until the next run on this machine delivers it" in said
    assert "Not all could be kept" not in said
    assert kept(pending)[:2] == [1, 2]


@pytest.mark.usefixtures("strict")
def test_a_folder_that_may_not_be_written_is_told(run, outbox, lock, pending, caplog):
    lock()
    pending.mkdir()
    pending.chmod(0o500)
    put(outbox, metric(1))
    assert "Not all could be kept: [Errno 13] Permission denied: " in missing(run, caplog)
    pending.chmod(0o700)
    put(outbox, metric(2))
    assert kept(pending) == [1, 2]


def test_what_is_delivered_after_all_was_never_lost(run, client, outbox, lock, monkeypatch, caplog):
    release = lock()
    refuse(monkeypatch, errno.EROFS)
    put(outbox, metric(1))
    assert "no way" in missing(run, caplog)
    release()
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert missing(run, caplog) == ""
    assert client.get_run(run.run_id).data.metrics == {"train/loss": 0.5}


@pytest.mark.parametrize("name", ["copy2", "copytree"])
def test_a_copy_that_is_being_made_while_all_else_is_delivered(
    run, client, outbox, pending, tmp_path, monkeypatch, name
):
    source = tmp_path / "source"
    if name == "copytree":
        source.mkdir()
    (source / "file" if name == "copytree" else source).write_text("content")
    copy = getattr(shutil, name)

    def meanwhile(*arguments, **options):
        outbox.journal.remove()
        copy(*arguments, **options)
        outbox.journal.remove()

    monkeypatch.setattr(shutil, name, meanwhile)
    entry = outbox.journal.copy(source, "out")
    monkeypatch.undo()
    assert outbox.journal.trouble() == ""
    assert put(outbox, entry, 60)
    (sent,) = client.list_artifacts(run.run_id, "out")
    assert sent.path == "out/source"
    assert not pending.exists()


def test_copies_of_one_name_are_kept_apart(outbox, tmp_path):
    source = tmp_path / "model"
    source.mkdir()
    copies = []
    for name in ("first", "second"):
        (source / name).touch()
        copies.append(outbox.journal.copy(source, "models"))
        (source / name).unlink()
    assert [[file.name for file in Path(each.content["path"]).iterdir()] for each in copies] == [
        ["first"],
        ["second"],
    ]


def test_a_copy_that_fails_is_told_and_leaves_nothing(run, outbox, pending, tmp_path, caplog):
    assert outbox.journal.copy(tmp_path / "none", "out") is None
    assert "Not all could be kept: [Errno 2]" in missing(run, caplog)
    assert not pending.exists()
    (tmp_path / "file").touch()
    assert outbox.journal.copy(tmp_path / "file", "out").kind == FILE
