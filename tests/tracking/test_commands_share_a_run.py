"""Commands that do the same trainings are recorded in one run, which ends when the last of them does."""

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from image_classification.processes.identity import HOST, IDENTITY, this_process
from image_classification.tracking.announcement import RunEnvironment, announced_run, go_on_in_run_of
from image_classification.tracking.beginning.sharing import STANDS_IN, leave_to_others, whole_of, withdraw
from image_classification.tracking.delivery.journal import FOLDER
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.run import CONTINUES, PARENT_RUN, TrackedRun

ELSEWHERE = {"process.number": "17", HOST: "elsewhere"}
THE_END = {"killed_by": "SIGTERM", "ended_in": "in epoch 2", "mlflow.note.content": "**Killed** by"}


@pytest.fixture
def client(fresh_database):
    return MlflowClient(f"sqlite:///{fresh_database}")


@pytest.fixture
def begin(client):
    """`begin(process, **parameters)`: the run of a command."""

    def begun(process=None, status=None, tags=None, **parameters):
        tags = (process or this_process()) | {"command": "kedro run"} | (tags or {})
        run_id = client.create_run("0", tags=tags).info.run_id
        for name, value in parameters.items():
            client.log_param(run_id, name, value)
        if status:
            client.set_terminated(run_id, status)
        return run_id

    return begun


@pytest.fixture
def join(client, begin):
    """`join(*earlier)`: open a run, go on in that of earlier commands; return both."""
    environment = RunEnvironment()

    def joined(*earlier, is_given=False, **parameters):
        own = begin(**parameters)
        environment.announce(own, client.tracking_uri, is_given=is_given)
        whole = go_on_in_run_of(earlier)
        assert announced_run()[0] == whole
        return own, whole

    yield joined
    environment.restore()


def process_of(client, run_id):
    tags = client.get_run(run_id).data.tags
    return {name: tags.get(name, "") for name in IDENTITY}


@pytest.mark.parametrize("status", [None, "KILLED", "FAILED"])
@pytest.mark.parametrize("others", [0, 2])
def test_one_that_was_interrupted_goes_on(client, begin, join, killed, status, others):
    before = begin(killed, status, THE_END, epochs="2", trials="3")
    lost = [f"{number:032}" for number in range(others)]
    own, whole = join(before, *lost, epochs="2", trials="5", more="a")
    assert whole == before != own
    record = client.get_run(before)
    assert record.info.status == "RUNNING"
    assert not THE_END.keys() & record.data.tags.keys()
    assert process_of(client, before) == this_process()
    assert record.data.params == {"epochs": "2", "trials": "3", "more": "a"}
    assert record.data.tags["resumed"].endswith("trials = 5: kedro run")
    assert whole_of(TrackedRun(own, client.tracking_uri)).run_id == before


def test_one_that_is_finished_stays_as_it_is(client, begin, join):
    before = begin(status="FINISHED")
    found = client.get_run(before).to_dictionary()
    own, whole = join(before)
    assert whole == own
    assert client.get_run(own).data.tags[CONTINUES] == before
    assert client.get_run(before).to_dictionary() == found


@pytest.mark.parametrize("gone", ["deleted", "never there", "none"])
def test_without_one_it_has_its_own(client, begin, join, gone):
    before = begin() if gone == "deleted" else "0" * 32
    if gone == "deleted":
        client.delete_run(before)
    own, whole = join(*([] if gone == "none" else [before]))
    assert whole == own
    assert STANDS_IN not in client.get_run(own).data.tags


def test_a_run_that_somebody_has_created_is_filled(client, begin, join, killed):
    own, whole = join(begin(killed), is_given=True)
    assert whole == own


@pytest.mark.parametrize("process", [ELSEWHERE, None])
def test_one_that_others_are_at_remains_theirs(client, begin, join, process):
    before = begin(process)
    was = process_of(client, before)
    _, whole = join(before)
    assert whole == before
    assert process_of(client, before) == was
    assert client.get_run(before).info.status == "RUNNING"


def test_who_leaves_takes_what_he_has_begun_with_him(client, begin, join):
    before = begin(ELSEWHERE)
    own, _ = join(before)
    mine, theirs = begin(tags={PARENT_RUN: before}), begin(ELSEWHERE, tags={PARENT_RUN: before})
    assert leave_to_others(TrackedRun(before, client.tracking_uri), own)
    assert [client.get_run(run_id).info.status for run_id in (before, mine, theirs)] == [
        "RUNNING",
        "KILLED",
        "RUNNING",
    ]


def test_who_began_leaves_it_to_another(client, begin):
    first = begin()
    run = TrackedRun(first, client.tracking_uri)
    assert not leave_to_others(run, first)
    begin(ELSEWHERE, tags={STANDS_IN: first})
    assert leave_to_others(run, first)
    assert process_of(client, first) == dict.fromkeys(IDENTITY, "") | ELSEWHERE


def test_nobody_is_left_to_go_on(client, begin, join, killed):
    before = begin(killed)
    own, whole = join(before)
    begin(killed, tags={STANDS_IN: before})
    assert not leave_to_others(TrackedRun(whole, client.tracking_uri), own)


@pytest.mark.parametrize("others", [False, True])
def test_dead_processes_are_settled(client, begin, killed, others, tmp_path):
    first = begin(killed)
    stood_in = begin(killed, tags={STANDS_IN: first})
    if others:
        begin(ELSEWHERE, tags={STANDS_IN: first})
    settle_earlier_runs(TrackedRun(begin(), client.tracking_uri), tmp_path / FOLDER)
    assert client.get_run(first).info.status == ("RUNNING" if others else "KILLED")
    assert process_of(client, first)[HOST] == ("elsewhere" if others else killed[HOST])
    assert client.get_run(stood_in).info.lifecycle_stage == "deleted"


def test_what_stood_in_is_gone_at_the_end(client, begin, join, killed):
    own, _ = join(begin(killed))
    withdraw(client, own)
    assert own not in {run.info.run_id for run in client.search_runs(["0"])}
    (deleted,) = client.search_runs(["0"], run_view_type=ViewType.DELETED_ONLY)
    assert deleted.info.run_id == own


def test_a_store_that_fails_leaves_it_its_own(client, begin, tmp_path):
    environment = RunEnvironment()
    environment.announce("a" * 32, f"sqlite:///{tmp_path}/no/such/folder/mlflow.db")
    try:
        assert go_on_in_run_of(["b" * 32]) == "a" * 32
    finally:
        environment.restore()
