"""What the store, or its storage of files, does not take is kept and delivered; no end waits for it."""

import json
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow.models import Model

from image_classification.tracking.delivery import leftovers, outbox
from image_classification.tracking.delivery.entries import END, FILE, METRICS, MODEL, Entry
from image_classification.tracking.delivery.journal import lock_of, read
from image_classification.tracking.delivery.leftovers import deliver_leftovers
from image_classification.tracking.delivery.model_entry import KEY
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.run import TrackedRun

DATASET = {"dataset_name": "digits", "dataset_digest": "abc"}


@pytest.fixture
def storage(tmp_path):
    """The folder of files, in whose place is a file: nothing can be written below it."""
    folder = tmp_path / "storage"
    folder.write_text("no folder")
    return folder


@pytest.fixture
def experiment(client, storage):
    return client.create_experiment("on that storage", artifact_location=storage.as_uri())


@pytest.fixture
def blocked(client, experiment):
    """A run whose files cannot be stored."""
    return TrackedRun(client.create_run(experiment).info.run_id, client.tracking_uri)


@pytest.fixture
def model(tmp_path):
    """`model(key)`: a folder in MLflow's format, and what is said of it."""

    def make(key="a"):
        folder = tmp_path / "made" / "model"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "weights").write_text("0.5")
        Model(artifact_path="model", metadata={"classes": ["x"]}).save(str(folder / "MLmodel"))
        return folder, {"name": "mine", "epoch": 2, "tags": {KEY: key, "data.name": "digits"}}

    return make


@pytest.fixture
def all_gone(monkeypatch):
    """All is left to a later process: this one, which deliveries take for ended, does not try again."""
    monkeypatch.setattr(leftovers, "is_gone", lambda process: True)
    for name in ("SOON", "LATE"):
        monkeypatch.setattr(outbox, name, 60)


def kinds(pending):
    return sorted({entry.kind for path in pending.glob("*.jsonl") for entry in read(path)[2]})


def the_model(client, run):
    (output,) = client.get_run(run.run_id).outputs.model_outputs
    return client.get_logged_model(output.model_id)


def record(run, model, files, tmp_path):
    for number in range(files):
        (tmp_path / f"table {number}").write_text("a table")
        run.log_file(tmp_path / f"table {number}", "model_output")
    assert run.log_model(*model(), DATASET) is None
    run.log_metrics({"test/accuracy": 0.5, "train/loss": 1.0})


@pytest.mark.parametrize("files", [0, 3])
def test_a_storage_that_fails_holds_up_no_end(
    client, blocked, storage, model, pending, tmp_path, all_gone, files
):
    record(blocked, model, files, tmp_path)
    assert blocked.end("FINISHED") == "FINISHED"
    assert blocked.missing == []
    found = client.get_run(blocked.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {"test/accuracy": 0.5, "train/loss": 1.0}
    kept = [MODEL] if not files else [FILE, MODEL]
    assert kinds(pending) == kept

    for _ in range(2):  # it fails still
        with pytest.raises(OSError, match="storage"):
            deliver_leftovers(client, blocked.store, pending)
        assert kinds(pending) == kept
    storage.unlink()
    deliver_leftovers(client, blocked.store, pending)
    assert not pending.exists()
    assert len(client.list_artifacts(blocked.run_id, "model_output")) == files
    logged = the_model(client, blocked)
    assert logged.status == "READY"
    assert logged.tags.items() >= {"data.name": "digits"}.items()
    assert [(each.key, each.model_id, each.dataset_digest) for each in logged.metrics] == [
        ("test/accuracy", logged.model_id, "abc")
    ]
    stored = Model.load(logged.artifact_location.removeprefix("file://"))
    assert (stored.model_id, stored.run_id) == (logged.model_id, blocked.run_id)
    assert stored.metadata == {"classes": ["x"]}


def test_a_store_that_is_lost_before_the_model(
    client, run, database, model, pending, tmp_path, all_gone, monkeypatch
):
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    hidden = shutil.move(database, tmp_path / "hidden.db")
    record(run, model, 1, tmp_path)
    assert run.end("FINISHED") == "RUNNING"
    assert run.missing == []
    assert kinds(pending) == [END, FILE, METRICS, MODEL]
    shutil.rmtree(tmp_path / "made")  # as a temporary folder is

    shutil.copy(hidden, database)
    deliver_leftovers(client, run.store, pending)
    found = client.get_run(run.run_id)
    assert found.info.status == "FINISHED"
    assert the_model(client, run).status == "READY"
    assert "test/accuracy" in found.data.metrics


def test_what_was_delivered_already_is_not_delivered_twice(client, run, model):
    folder, about = model()
    content = {"path": str(folder), "folder": "models", **about}
    for _ in range(2):
        Entry(MODEL, content).send(client, run.run_id)
    first = the_model(client, run)
    Entry(MODEL, {**content, "tags": {**about["tags"], KEY: "of another training in the run"}}).send(
        client, run.run_id
    )
    assert len(client.get_run(run.run_id).outputs.model_outputs) == 2
    assert first.status == "READY"


def test_the_next_run_has_no_gap_by_that_and_ends_nobody(
    client, blocked, run, storage, experiment, model, pending, tmp_path, all_gone, killed
):
    record(blocked, model, 2, tmp_path)
    assert blocked.end("FINISHED") == "FINISHED"
    unknown_end = client.create_run(experiment, tags=killed).info.run_id
    journal = next(pending.glob("*.jsonl"))
    other = journal.with_name(f"{unknown_end}.kept.jsonl")
    head = {"run_id": unknown_end, "store": run.store.shown, "process": killed}
    other.write_text(f"{json.dumps(head)}\n{Entry(END, {'status': 'FINISHED', 'time': 5}).as_line()}")
    with FileLock(lock_of(other)):  # somebody else is about to deliver it
        settle_earlier_runs(run, pending)
    assert client.get_run(unknown_end).info.status == "RUNNING"
    assert client.get_run(blocked.run_id).info.status == "FINISHED"
    assert run.missing == []

    storage.unlink()
    settle_earlier_runs(run, pending)
    assert client.get_run(unknown_end).info.status == "FINISHED"
    assert client.get_run(blocked.run_id).info.status == "FINISHED"
    assert "mlflow.note.content" in client.get_run(unknown_end).data.tags
    assert not pending.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"path": "p", "folder": "f", "name": "n", "epoch": 1, "tags": {}},
        {"path": "p", "folder": "f", "name": "n", "epoch": "1", "tags": {KEY: "a"}},
        {"path": "p", "folder": "f", "name": "n", "epoch": 1, "tags": {KEY: 1}},
        {"path": "p", "name": "n", "epoch": 1, "tags": {KEY: "a"}},
    ],
)
def test_a_line_that_is_damaged_is_no_model(pending, blocked, content, tmp_path):
    blocked.log_file(Path(__file__), "x")
    (journal,) = pending.glob("*.jsonl")
    before = len(read(journal)[2])
    with journal.open("a") as file:
        file.write("\n" + Entry(MODEL, content).as_line())
    assert len(read(journal)[2]) == before
