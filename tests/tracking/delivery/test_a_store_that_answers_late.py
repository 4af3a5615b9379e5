"""What a store takes just when nobody waits any more is not kept; what it has not taken is, in any order."""

from threading import Event, Thread

import pytest

from image_classification.tracking.delivery.entries import METRICS, TAGS, Entry


@pytest.fixture
def outbox(run):
    return run._outbox


def metric(step):
    return Entry(METRICS, [{"key": "train/loss", "value": 0.5, "timestamp": 1, "step": step}])


def put(outbox, entry, wait=0.05, *, try_hard=False):
    return outbox.put(entry, "It", lambda what, error: None, wait, try_hard=try_hard)


def until(question):
    for _ in range(2000):
        if question():
            return
        Event().wait(0.005)
    raise AssertionError("it never came to be")


@pytest.mark.parametrize("moment", ["before it is written", "after it is written"])
@pytest.mark.parametrize("is_last", [True, False])
@pytest.mark.parametrize("try_hard", [True, False])
def test_it_is_taken_while_it_is_kept(outbox, lock, pending, monkeypatch, moment, is_last, try_hard):
    release = lock()
    if not is_last:
        put(outbox, metric(1))
    append = outbox.journal.append

    def late(entry):
        if moment == "after it is written":
            append(entry)
        release()
        outbox._inbox.put(None)
        until(lambda: outbox.is_empty)
        if moment == "before it is written":
            append(entry)

    monkeypatch.setattr(outbox.journal, "append", late)
    put(outbox, metric(2), try_hard=try_hard)
    monkeypatch.undo()
    until(lambda: not pending.exists())
    until(lambda: not outbox.is_failing)
    assert outbox.kept() == []
    assert put(outbox, metric(3), 60)


def test_what_is_written_while_the_file_is_removed_is_kept_again(outbox, lock, pending, monkeypatch):
    release = lock()
    put(outbox, metric(1))
    remove, again = outbox.journal.remove, []

    def removed():
        if not again:
            again.append(lock())
            writer = Thread(target=put, args=(outbox, metric(2), 0.0))
            writer.start()
            writer.join()
        remove()

    monkeypatch.setattr(outbox.journal, "remove", removed)
    release()
    outbox._inbox.put(None)  # try again now
    until(lambda: again and [entry.content[0]["step"] for entry in outbox.journal.entries()] == [2])
    again[0]()
    assert put(outbox, Entry(TAGS, {"a": "b"}), 60, try_hard=True)
    until(lambda: not pending.exists())
