"""A damaged file of what is to be delivered holds up no other one: it is set aside, and that is said once."""

import json
import logging

import pytest

from image_classification.tracking.delivery.leftovers import deliver_leftovers

HEAD = {"run_id": "0" * 32, "store": "sqlite:///elsewhere.db", "process": {}}
METRIC = {"key": "train/loss", "value": 0.5, "timestamp": 1, "step": 1}
DEEP = "[" * 100_000


@pytest.fixture(autouse=True)
def ended(monkeypatch):
    """The process that has kept something has ended since."""
    monkeypatch.setattr("image_classification.tracking.delivery.leftovers.is_gone", lambda process: True)


@pytest.fixture
def keep(run, pending, client):
    """`keep(*lines)`: another process has kept this for the run; returns the file."""
    pending.mkdir()

    def kept(*lines, head=None, name="m"):
        head = {"run_id": run.run_id, "store": client.tracking_uri, "process": {}} if head is None else head
        path = pending / f"{name}.jsonl"
        texts = [each if isinstance(each, str) else json.dumps(each) for each in (head, *lines)]
        path.write_text("\n".join([*texts, ""]))
        return path

    return kept


def metrics(**fields):
    return {"kind": "metrics", "content": [METRIC | fields]}


def steps(client, run):
    return sorted(point.step for point in client.get_metric_history(run.run_id, "train/loss"))


@pytest.mark.parametrize(
    "head",
    [
        "no journal",
        "\x00\xff",
        "[]",
        "3",
        "null",
        DEEP,
        {"run_id": 3},
        {**HEAD, "process": 3},
        {**HEAD, "process": None},
        {**HEAD, "process": ["a"]},
        {**HEAD, "process": {"process.number": 3}},
        {**HEAD, "process": {"process.boot": {}}},
        {**HEAD, "run_id": ["a"]},
        {**HEAD, "run_id": None},
        {**HEAD, "store": {}},
        {**HEAD, "more": "a"},
        {name: value for name, value in HEAD.items() if name != "store"},
    ],
)
@pytest.mark.parametrize("name", ["a", "z"])
def test_a_file_of_nobody_knows_which_run(client, run, pending, keep, caplog, head, name):
    whole = keep(metrics())
    damaged = keep(metrics(step=2), head=head, name=name)
    content = damaged.read_bytes()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            deliver_leftovers(client, run.store, pending)
    assert steps(client, run) == [1]
    assert not whole.exists()
    aside = damaged.with_name(f"{name}.jsonl.damaged")
    assert aside.read_bytes() == content
    (said,) = caplog.messages
    assert str(damaged) in said
    assert aside.name in said


def test_a_run_that_can_be_none(client, run, pending, keep, caplog):
    keep(metrics(), head={"run_id": "", "store": client.tracking_uri, "process": {}})
    deliver_leftovers(client, run.store, pending)
    assert [path.name for path in pending.iterdir()] == ["m.jsonl.lost"]
    assert "is no longer in the store" in caplog.text


@pytest.mark.parametrize("content", ["", '{"run_id": "3', "a"])
def test_one_that_is_about_to_be_written(client, run, pending, keep, caplog, content):
    keep(metrics())
    (pending / "a.jsonl").write_text(content)
    deliver_leftovers(client, run.store, pending)
    assert steps(client, run) == [1]
    assert [path.name for path in pending.iterdir()] == ["a.jsonl"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "line",
    [
        DEEP,
        "3",
        "{}",
        {"kind": "metrics"},
        {"kind": [], "content": {}},
        {"kind": "no kind", "content": {}},
        {"kind": "metrics", "content": {"a": 1}},
        {"kind": "metrics", "content": [3]},
        {"kind": "metrics", "content": [{"key": "a"}]},
        metrics(value="many"),
        metrics(value=None),
        metrics(value=True),
        metrics(step=0.5),
        metrics(step=2**63),
        metrics(timestamp=10**400),
        metrics(key=3),
        metrics(model_id=3),
        metrics(what="else"),
        metrics(key="not : a key?"),
        metrics(dataset_name="without a digest"),
        {"kind": "parameters", "content": {"a": 3}},
        {"kind": "tags", "content": ["a"]},
        {"kind": "tags", "content": {"a": "\udcff"}},
        {"kind": "name", "content": {"name": 3}},
        {"kind": "name", "content": {"name": ""}},
        {"kind": "file", "content": {"path": 3, "folder": "a"}},
        {"kind": "file", "content": {"path": "/etc/hostname", "folder": "a"}},
        {"kind": "file", "content": {"path": "", "folder": ""}},
        {"kind": "file", "content": {"path": "hostname", "folder": "/etc"}},
        {"kind": "file", "content": {"path": "a", "folder": "../.."}},
        {"kind": "end", "content": {"status": "FINISHED"}},
        {"kind": "end", "content": {"status": "NO STATUS", "time": 3}},
        {"kind": "end", "content": {"status": "FINISHED", "time": "now"}},
    ],
)
def test_a_line_that_is_none(client, run, pending, keep, line):
    keep(metrics(), line, metrics(step=2))
    deliver_leftovers(client, run.store, pending)
    assert steps(client, run) == [1, 2]
    assert not pending.exists()
    assert client.get_run(run.run_id).info.status == "RUNNING"
    assert not client.list_artifacts(run.run_id)


def test_what_the_store_does_not_take_holds_up_no_other_file(client, run, pending, keep, monkeypatch):
    for name in "az":
        keep(metrics(), name=name)
    poisoned = keep(metrics(step=2), {"kind": "tags", "content": {"a": "b"}}, name="b")
    log_batch = type(client).log_batch

    def fail(self, *arguments, tags=(), **options):
        if tags:
            raise RuntimeError("no tags today")
        return log_batch(self, *arguments, **options)

    monkeypatch.setattr(type(client), "log_batch", fail)
    with pytest.raises(RuntimeError, match="no tags today"):
        deliver_leftovers(client, run.store, pending)
    assert list(pending.glob("*.jsonl")) == [poisoned]


def test_a_store_that_is_gone_is_asked_once(client, run, pending, keep, lock, monkeypatch):
    monkeypatch.setattr("image_classification.tracking.delivery.leftovers.PATIENCE", 0.01)
    asked = []

    def fail(self, run_id):
        asked.append(run_id)
        raise RuntimeError("database is locked")

    monkeypatch.setattr(type(client), "get_run", fail)
    kept = [keep(metrics(), name=name) for name in "abc"]
    lock()
    with pytest.raises(RuntimeError):
        deliver_leftovers(client, run.store, pending)
    assert len(asked) == 1
    assert sorted(pending.glob("*.jsonl")) == kept


@pytest.mark.parametrize("place", ["tmp0123", "out"])  # as they are, and as they were named before
def test_a_project_that_was_moved_keeps_its_files(client, run, pending, keep, place):
    before = f"/before/m.files/mlpending/m.files/{place}/a.txt"
    journal = keep({"kind": "file", "content": {"path": before, "folder": "out"}})
    copy = journal.with_suffix(".files") / place / "a.txt"
    copy.parent.mkdir(parents=True)
    copy.write_text("a")
    deliver_leftovers(client, run.store, pending)
    assert [file.path for file in client.list_artifacts(run.run_id, "out")] == ["out/a.txt"]
