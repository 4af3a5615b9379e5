"""A locked database holds up no training, and what it did not take is delivered later."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from filelock import FileLock, Timeout

from image_classification.errors import UserError
from image_classification.processes.identity import this_process
from image_classification.tracking.delivery.entries import METRICS, Entry
from image_classification.tracking.delivery.journal import Journal, lock_of, read, remove
from image_classification.tracking.delivery.leftovers import deliver_leftovers
from image_classification.tracking.run import TrackedRun, run_name
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.training import EpochMetrics


def losses(client, run):
    return [(point.step, point.value) for point in client.get_metric_history(run.run_id, "train/loss")]


@pytest.fixture
def ended(monkeypatch):
    """The process that has kept something has ended since."""
    monkeypatch.setattr("image_classification.tracking.delivery.leftovers.is_gone", lambda process: True)


def test_is_waited_for_once_and_then_no_more(run, lock, monkeypatch):
    waits = []
    wait = run._outbox._wait
    monkeypatch.setattr(
        run._outbox, "_wait", lambda letter, until: (waits.append(until), wait(letter, until))[1]
    )
    monkeypatch.setattr("image_classification.tracking.run.WAIT_OF_AN_EPOCH", 0.1)
    on_epoch = EpochMetrics(run)
    lock()
    for epoch in range(1, 50):
        on_epoch(epoch, {"train/loss": 1 / epoch})  # while the lock is held: it would take for ever

    assert len(waits) == 49
    assert waits[-1] - waits[0] < 49 * 0.1


def test_what_is_missing_is_kept_at_once_and_sent_when_the_lock_is_gone(
    client, run, lock, pending, monkeypatch
):
    monkeypatch.setattr("image_classification.tracking.run.WAIT_OF_AN_EPOCH", 0.05)
    on_epoch = EpochMetrics(run)
    release = lock()
    on_epoch(1, {"train/loss": 1.0})
    on_epoch(2, {"train/loss": 0.5})
    (journal,) = pending.glob("*.jsonl")
    about, process, entries = read(journal)
    assert about == {"run_id": run.run_id, "store": client.tracking_uri}
    assert process == this_process()
    assert [entry.content[0]["value"] for entry in entries] == [1.0, 0.5]

    release()
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert losses(client, run) == [(1, 1.0), (2, 0.5)]
    assert not pending.exists()


def test_a_name_is_known_at_once_and_delivered_later(client, run, lock, pending):
    record = client.get_run(run.run_id)
    client.update_run(run.run_id, name=run_name("convnet", None, record.info.start_time))
    record = client.get_run(run.run_id)
    release = lock()
    run.name(record, "convnet", "digits")
    assert run.own_name == run_name("convnet", "digits", record.info.start_time)
    assert run.missing == []
    assert [entry.kind for entry in read(next(pending.glob("*.jsonl")))[2]] == ["name"]

    release()
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert client.get_run(run.run_id).info.run_name == run.own_name


def test_a_run_whose_end_is_not_taken_is_ended_by_the_next_one(
    client, run, lock, pending, place, ended, caplog, monkeypatch
):
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    release = lock()
    EpochMetrics(run)(1, {"train/loss": 1.0})
    with caplog.at_level(logging.WARNING):
        assert run.end("KILLED") == "RUNNING"
        run.say_what_is_missing()
    said = caplog.records[-1].getMessage()
    assert f"is incomplete. Kept in {pending}" in said
    assert said.endswith("until the next run on this machine delivers it: 1 metric, the end of the run.")

    release()
    with caplog.at_level(logging.INFO):
        deliver_leftovers(client, run.store, pending)
    assert client.get_run(run.run_id).info.status == "KILLED"
    assert client.get_run(run.run_id).info.end_time >= client.get_run(run.run_id).info.start_time
    assert losses(client, run) == [(1, 1.0)]
    assert caplog.records[-1].getMessage().startswith(f"Recorded what the run {run.run_id} still lacked: ")
    assert not pending.exists()


def test_what_a_living_process_keeps_is_left_to_it(client, run, lock, pending, monkeypatch):
    monkeypatch.setattr("image_classification.tracking.run.WAIT_OF_AN_EPOCH", 0.05)
    release = lock()
    EpochMetrics(run)(1, {"train/loss": 1.0})
    release()

    before = sorted(pending.glob("*"))
    deliver_leftovers(client, TrackedRun(run.run_id, client.tracking_uri).store, pending)
    assert before  # the process of this test lives
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"


def test_what_belongs_to_another_store_is_left_there(client, run, pending, ended):
    pending.mkdir()
    journal = pending / f"{run.run_id}.elsewhere-1.jsonl"
    journal.write_text(json.dumps({"run_id": run.run_id, "store": "http://elsewhere", "process": {}}))
    deliver_leftovers(client, run.store, pending)
    assert journal.exists()


def kept_by_a_killed_process(pending, run, *values):
    """Write the file that a process leaves which is killed while it holds metrics of these epochs."""
    journal = Journal(pending, run.run_id, run.store)
    for epoch, value in enumerate(values, 1):
        fields = {"key": "train/loss", "value": value, "timestamp": epoch, "step": epoch}
        journal.append(Entry(METRICS, [fields]))
        with journal.path.open("a") as file:
            file.write('{"kind": "metrics", "content": [{"key": "train/l')
    return journal.path


def test_the_last_line_of_a_killed_process_may_be_torn(client, run, pending, ended):
    # it may have gone on behind a torn line, as after a disk was full
    kept_by_a_killed_process(pending, run, 1.0, 0.5)
    deliver_leftovers(client, run.store, pending)
    assert losses(client, run) == [(1, 1.0), (2, 0.5)]
    assert not pending.exists()


def test_what_another_process_delivers_is_left_to_it(client, run, pending, ended):
    path = kept_by_a_killed_process(pending, run, 1.0)
    with FileLock(lock_of(path)):
        deliver_leftovers(client, run.store, pending)
        assert path.exists()
        assert not losses(client, run)


def test_a_run_that_needs_it_waits_until_another_process_has_delivered_it(
    client, run, pending, ended, monkeypatch
):
    path = kept_by_a_killed_process(pending, run, 1.0)
    with FileLock(lock_of(path)), ThreadPoolExecutor() as pool:
        waiting = pool.submit(deliver_leftovers, client, run.store, pending, run.run_id)
        assert not wait([waiting], timeout=0.2).done
        remove(path)  # as the other one does when all is delivered
    waiting.result()

    path = kept_by_a_killed_process(pending, run, 1.0)
    monkeypatch.setattr("image_classification.tracking.delivery.leftovers.WAIT_FOR_ANOTHER", 0.1)
    with FileLock(lock_of(path)), pytest.raises(Timeout):
        deliver_leftovers(client, run.store, pending, run.run_id)


def test_processes_that_start_at_once_deliver_it_without_an_error(client, run, pending, ended):
    values = [1 / epoch for epoch in range(1, 200)]
    kept_by_a_killed_process(pending, run, *values)
    with ThreadPoolExecutor(4) as pool:
        for result in [pool.submit(deliver_leftovers, client, run.store, pending) for _ in range(4)]:
            result.result()
    assert losses(client, run) == list(enumerate(values, 1))
    assert not pending.exists()


def test_a_run_that_is_not_there_any_more_is_said_once(client, run, pending, ended, caplog):
    pending.mkdir()
    head = json.dumps({"run_id": "0" * 32, "store": client.tracking_uri, "process": {}})
    (pending / "of_a_deleted_database.jsonl").write_text(head)
    for _ in range(2):
        deliver_leftovers(client, run.store, pending)
    (warning,) = caplog.records
    assert "is no longer in the store" in warning.getMessage()


def test_at_the_start_it_is_one_clear_line(client, lock):
    lock()
    with pytest.raises(UserError, match=r"No run can be recorded at sqlite:.*: database is locked"):
        open_experiment(Store(client.tracking_uri), TrackingSettings(timeout=0.1))
