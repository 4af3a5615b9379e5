"""Trainings that are shared over PostgreSQL, as by machines that share no disk."""

import os
import signal

import pytest
from tests.trials.counting import PLAN, in_a_fork, states, work

from image_classification.errors import UserError
from image_classification.trials.storage import open_storage
from image_classification.trials.study import begin_or_join, share_run
from image_classification.trials.work import do

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("total", [1, 5])
def test_each_is_done_and_what_it_came_to_is_there(postgresql_url, total):
    place = begin_or_join(postgresql_url, PLAN, "auto")
    outcomes = do(work(place, total)).outcomes(total)
    assert [outcome.numbers["square"] for outcome in outcomes.values()] == [n**2 for n in range(total)]
    assert [outcome.tables["found"]["index"][0] for outcome in outcomes.values()] == list(range(total))


@pytest.mark.parametrize("when", ["first", "last"])
def test_what_a_killed_process_left_is_done_again(postgresql_url, tmp_path, when):
    total = 4
    place = begin_or_join(postgresql_url, PLAN, "auto")
    for index in range(total):
        if index != (0 if when == "first" else total - 1):
            (tmp_path / f"{index}").touch()
    dying = work(place, total, dies_in=tmp_path)
    assert in_a_fork(lambda: do(dying)) == -signal.SIGKILL
    assert "RUNNING" in states(place)
    assert begin_or_join(postgresql_url, PLAN, "auto") == place
    outcomes = do(work(place, total)).outcomes(total)
    assert sorted(outcomes) == list(range(total))
    assert set(states(place)) == {"COMPLETE", "FAIL"}
    processes = [outcome.tables["found"]["process"][0] for outcome in outcomes.values()]
    assert processes.count(os.getpid()) == (total if when == "first" else 1)


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_do_each_once(postgresql_url, processes):
    place = begin_or_join(postgresql_url, PLAN, "auto")
    do(work(place, 6), processes)
    assert sorted(state for state in states(place) if state != "FAIL") == ["COMPLETE"] * 6


def test_its_run_is_noted_by_one_at_a_time(postgresql_url):
    place = begin_or_join(postgresql_url, PLAN, "auto")

    def note():
        for _ in range(5):
            share_run(place, lambda runs: f"run {len(runs) + 1}")

    other = os.fork()
    if not other:
        note()
        os._exit(0)
    note()
    assert os.waitpid(other, 0)[1] == 0
    study, _ = place.open()
    assert study.user_attrs["runs"] == [f"run {number}" for number in range(1, 11)]


@pytest.mark.parametrize("password", ["wr0ng-s3cret", ""])
def test_a_password_is_never_shown(postgresql_url, monkeypatch, password):
    monkeypatch.setenv("PGPASSWORD", password)
    with pytest.raises(UserError) as caught:
        open_storage(postgresql_url)
    assert "password" in str(caught.value)
    assert not password or password not in str(caught.value)
