"""A training that goes on stays in its run if that is the same; nothing of the earlier end comes back."""

import logging

import pytest
from mlflow import MlflowClient

from image_classification.errors import UserError
from image_classification.learning.checkpoints.folder import About
from image_classification.processes.identity import HOST, this_process
from image_classification.tracking.beginning import Place, open_a_run
from image_classification.tracking.delivery import journal, leftovers
from image_classification.tracking.delivery.entries import END, METRICS, PARAMETERS, TAGS, Entry
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.run import LONGEST_PARAMETER, TrackedRun
from image_classification.tracking.store.opening import RUN_TO_JOIN
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings

PARAMETERS_NOW = {"training.epochs": "2", "evaluation.top_k": "5"}
THE_END = {
    "killed_by": "SIGTERM",
    "ended_in": "in epoch 2",
    "error": "a",
    "mlflow.note.content": "**Killed** by",
}


@pytest.fixture
def client(fresh_database):
    return MlflowClient(f"sqlite:///{fresh_database}")


@pytest.fixture
def place(client, tmp_path, monkeypatch):
    monkeypatch.delenv(RUN_TO_JOIN, raising=False)
    return Place(Store(client.tracking_uri), TrackingSettings(), tmp_path / journal.FOLDER)


@pytest.fixture
def interrupted(client, killed):
    """`interrupted(process)`: a run of two epochs, whose process ended after the first."""

    def begun(process=killed, **parameters):
        run_id = client.create_run("0", tags=process).info.run_id
        for name, value in (PARAMETERS_NOW | parameters).items():
            client.log_param(run_id, name, value)
        client.log_metric(run_id, "train/loss", 1.0, step=1)
        return run_id

    return begun


@pytest.fixture
def keep(place, monkeypatch):
    """`keep(run_id, process, *entries)`: what the store did not take of a process that has ended since."""

    def kept(run_id, process, *entries):
        with monkeypatch.context() as patch:
            patch.setattr(journal, "this_process", lambda: process)
            file = journal.Journal(place.pending, run_id, place.store)
        file.path = file.path.with_name(f"{run_id}.kept.jsonl")
        with monkeypatch.context() as patch:
            patch.setattr(journal, "this_process", lambda: process)
            for entry in entries:
                file.append(entry)

    return kept


def go_on(place, run_id, parameters=PARAMETERS_NOW, **tags):
    training = About(facts={}, run_id=run_id, started="2030-01-01", epochs=2, epochs_done=1)
    tags = {"command": "kedro run", **this_process(), **tags}
    return open_a_run(place, tags, parameters, parameters, training)


def metric(step):
    return Entry(METRICS, [{"key": "train/loss", "value": 0.5, "timestamp": 1, "step": step}])


def steps(client, run_id):
    return sorted(point.step for point in client.get_metric_history(run_id, "train/loss"))


END_KILLED = Entry(END, {"status": "KILLED", "time": 5})
KEPT = {
    "the end": [END_KILLED],
    "tags and the end": [Entry(TAGS, THE_END), END_KILLED],
    "tags alone": [Entry(TAGS, {"killed_by": "SIGTERM"})],
    "all": [metric(2), Entry(PARAMETERS, {"a": "b"}), Entry(TAGS, THE_END | {"data.name": "x"}), END_KILLED],
    "in another order": [END_KILLED, Entry(TAGS, THE_END), metric(2)],
}


@pytest.mark.parametrize("kept", KEPT)
def test_what_its_killed_process_kept_does_not_end_it(client, place, interrupted, keep, killed, kept):
    run_id = interrupted()
    keep(run_id, killed, *KEPT[kept])
    opened = go_on(place, run_id)
    assert opened.run.run_id == run_id
    for _ in range(2):
        record = client.get_run(run_id)
        assert record.info.status == "RUNNING"
        assert not THE_END.keys() & record.data.tags.keys()
        assert record.data.tags.items() >= this_process().items()
        assert record.data.tags["resumed"].endswith("after epoch 1 of 2: kedro run")
        assert steps(client, run_id) == ([1, 2] if metric(2) in KEPT[kept] else [1])
        settle_earlier_runs(opened.run, place.pending)
    assert not place.pending.exists()


@pytest.mark.parametrize("kept", KEPT)
def test_nor_does_it_later_if_nobody_knew_that_it_had_ended(
    client, place, interrupted, keep, killed, kept, monkeypatch
):
    elsewhere = killed | {HOST: "elsewhere"}
    run_id = interrupted(elsewhere)
    keep(run_id, elsewhere, *KEPT[kept])
    opened = go_on(place, run_id)
    monkeypatch.setattr(leftovers, "is_gone", lambda process: True)  # as on that host
    settle_earlier_runs(opened.run, place.pending)
    record = client.get_run(run_id)
    assert record.info.status == "RUNNING"
    assert not THE_END.keys() & record.data.tags.keys()
    assert steps(client, run_id) == ([1, 2] if metric(2) in KEPT[kept] else [1])
    assert not place.pending.exists()


def test_what_a_person_wrote_of_it_stays(client, place, interrupted):
    run_id = interrupted()
    client.set_tag(run_id, "mlflow.note.content", "my own words")
    go_on(place, run_id)
    assert client.get_run(run_id).data.tags["mlflow.note.content"] == "my own words"


def test_in_a_process_that_has_not_recorded_the_end_yet(client, place, interrupted, tmp_path, monkeypatch):
    """A notebook lives on after Ctrl-C, and its store was not there then."""
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    run_id = interrupted(this_process())
    run = TrackedRun(run_id, place.store.uri)
    run.patience = 0.1
    hidden = place.store.database.rename(tmp_path / "hidden.db")
    assert run.end("KILLED") == "RUNNING"
    run.close()
    hidden.rename(place.store.database)
    monkeypatch.undo()
    assert go_on(place, run_id).run.run_id == run_id
    assert client.get_run(run_id).info.status == "RUNNING"
    assert run._outbox.is_empty


OTHER = {
    "another value": {"evaluation.top_k": "2"},
    "two others": {"evaluation.top_k": "2", "training.epochs": "3"},
    "a long one": {"long": "x" * LONGEST_PARAMETER},
}


@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("status", ["KILLED", "FAILED", "RUNNING"])
def test_other_parameters_are_a_run_of_their_own(client, place, interrupted, caplog, other, status):
    run_id = interrupted(long="y" * LONGEST_PARAMETER)
    if status != "RUNNING":
        client.set_terminated(run_id, status)
    before = client.get_run(run_id).to_dictionary()
    with caplog.at_level(logging.INFO):
        opened = go_on(place, run_id, PARAMETERS_NOW | OTHER[other])
    assert opened.run.run_id != run_id
    assert "continues_run" not in client.get_run(opened.run.run_id).data.tags  # not known yet
    assert client.get_run(run_id).to_dictionary() == before
    (said,) = [each for each in caplog.messages if run_id in each]
    assert all(f"{name} = " in said for name in OTHER[other])
    assert len(said) < 500
    assert said.endswith("and what comes now is recorded in a run of its own.")


def test_parameters_that_were_cut_are_the_same(client, place, interrupted):
    run_id = interrupted(long="y" * LONGEST_PARAMETER)
    assert go_on(place, run_id, PARAMETERS_NOW | {"long": "y" * 7000}).run.run_id == run_id


def test_what_it_did_not_record_or_is_not_taken_now_does_not_matter(client, place, interrupted):
    run_id = interrupted(mnist="a")
    assert go_on(place, run_id, PARAMETERS_NOW | {"more": "b"}).run.run_id == run_id


def test_a_finished_run_stays_as_it_is(client, place, interrupted, caplog):
    run_id = interrupted()
    client.set_terminated(run_id, "FINISHED")
    before = client.get_run(run_id).to_dictionary()
    with caplog.at_level(logging.INFO):
        opened = go_on(place, run_id)
    assert "continues_run" not in client.get_run(opened.run.run_id).data.tags  # not known yet
    assert client.get_run(run_id).to_dictionary() == before
    assert f"The run {run_id} is finished. It stays as it is" in caplog.text


@pytest.mark.slow
def test_one_whose_end_is_delivered_only_now_is_finished_too(client, place, interrupted, keep, killed):
    run_id = interrupted()
    keep(run_id, killed, Entry(END, {"status": "FINISHED", "time": 5}))
    assert go_on(place, run_id).run.run_id != run_id
    assert client.get_run(run_id).info.status == "FINISHED"


@pytest.mark.parametrize("status", ["FINISHED", "KILLED"])
def test_a_run_that_an_orchestrator_names_is_filled_once(client, place, interrupted, monkeypatch, status):
    run_id = interrupted()
    client.set_terminated(run_id, status)
    monkeypatch.setenv(RUN_TO_JOIN, run_id)
    if status == "FINISHED":
        with pytest.raises(UserError, match="which holds a training already"):
            go_on(place, run_id)
    else:
        assert go_on(place, run_id).run.run_id == run_id
