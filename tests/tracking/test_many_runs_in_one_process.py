"""A sweep or a notebook opens run after run: threads and what is kept of each in memory stay as few."""

import threading

import pytest

from image_classification.tracking.delivery import outbox
from image_classification.tracking.results import close
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.place import Store


@pytest.fixture
def working(monkeypatch):
    """Ask for the threads of this test that deliver, once those that are about to end have ended."""
    monkeypatch.setattr(outbox, "_outboxes", {})
    before = set(threading.enumerate())

    def found():
        threads = [each for each in threading.enumerate() if each.name == "tracking" and each not in before]
        for thread in threads:
            thread.join(timeout=2)
        return [thread for thread in threads if thread.is_alive()]

    return found


@pytest.mark.slow
@pytest.mark.parametrize("then", ["go on", "raise"])
def test_no_thread_outlives_its_run(tracked_project, working, then):
    for _ in range(3):
        try:
            tracked_project.run(then=then)
        except RuntimeError:
            assert then == "raise"
    assert working() == []
    assert len(outbox._outboxes) == 1  # the last one's, until the next run
    statuses = {run.info.status for run in tracked_project.runs()}
    assert statuses == {"FINISHED" if then == "go on" else "FAILED"}
    assert all("mlflow.note.content" in run.data.tags for run in tracked_project.runs())


@pytest.mark.slow
@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), SystemExit(3), ValueError("a")])
def test_however_it_ends(tmp_path, fresh_database, working, error):
    store = Store(f"sqlite:///{fresh_database}")
    runs = []
    for _ in range(4):
        opening = TrackedRun("0" * 32, store.uri)
        runs.append(TrackedRun(opening.client.create_run("0").info.run_id, store.uri))
        opening.close()
        runs[-1].log_parameters({"a": "b"})
        close(runs[-1], error)
    assert working() == []
    last = TrackedRun(runs[-1].run_id, store.uri)  # whoever begins to write forgets those that are over
    assert len(outbox._outboxes) == 1
    last.close()


@pytest.mark.slow
def test_it_can_be_written_to_afterwards(tmp_path, fresh_database, working):
    opening = TrackedRun("0" * 32, f"sqlite:///{fresh_database}")
    run = TrackedRun(opening.client.create_run("0").info.run_id, opening.store.uri)
    opening.close()
    for status in (None, KeyboardInterrupt()):  # a signal in the middle of the end
        close(run, status)
    assert working() == []
    assert run.client.get_run(run.run_id).info.status == "KILLED"
    again = TrackedRun(run.run_id, run.store.uri)
    again.set_tags({"a": "b"})
    assert run.client.get_run(run.run_id).data.tags["a"] == "b"
    assert len(working()) == 1
    again.close()
    assert working() == []


@pytest.mark.slow
def test_what_is_not_delivered_keeps_its_thread(tmp_path, fresh_database, working, monkeypatch):
    monkeypatch.setattr(outbox, "SOON", 0.05)
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    opening = TrackedRun("0" * 32, f"sqlite:///{fresh_database}")
    run = TrackedRun(opening.client.create_run("0").info.run_id, opening.store.uri)
    opening.close()
    hidden = fresh_database.rename(tmp_path / "hidden.db")
    run.patience = 0.1
    close(run)
    assert len(working()) == 1
    hidden.rename(fresh_database)
    working_still = working()
    assert working_still == [] or [thread.join(timeout=60) for thread in working_still] == [None]
    assert run.client.get_run(run.run_id).info.status == "FINISHED"
    assert not list(tmp_path.glob("mlpending/*"))
