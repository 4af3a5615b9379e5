"""A process may die at any moment: what it was at work on is done by others, and nothing stays RUNNING."""

import os

import pytest
from sqlalchemy import text
from tests.trials.counting import Counting, begin, in_a_fork, states, work

from image_classification.errors import UserError
from image_classification.trials.ledger import INDEX
from image_classification.trials.results import Outcome
from image_classification.trials.storage import without_its_warnings
from image_classification.trials.work import Work, do

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.mark.parametrize("deaths", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_a_command_that_is_killed_again_and_again(folder, deaths):
    place = begin(folder)
    for _ in range(deaths):
        marks = folder / "marks"
        marks.mkdir(exist_ok=True)
        assert in_a_fork(lambda: do(work(place, dies_in=marks))) == -9  # noqa: B023
        assert states(place).count("RUNNING") == 1
        if deaths > 1:
            (marks / "0").unlink(missing_ok=True)
    ledger = do(work(place))
    assert list(ledger.outcomes(4)) == [0, 1, 2, 3]
    assert states(place).count("RUNNING") == 0


def test_it_is_noticed_by_one_that_is_at_work(folder):
    place = begin(folder)
    ledger = work(place).open()
    first = ledger.take(4)
    assert in_a_fork(lambda: work(place).open().take(4)) == 0  # and no more
    taken = [ledger.take(4).user_attrs[INDEX] for _ in range(3)]
    assert sorted(taken) == [1, 2, 3]
    assert ledger.finish(first, Outcome())


def test_one_that_kills_every_process_is_not_begun_for_ever(folder):
    place = begin(folder)
    ledger = work(place, 1).open()
    ledger.bury()
    with pytest.raises(UserError, match="training 1 have died 3 times"):
        for _ in range(9):
            assert in_a_fork(lambda: work(place, 1).open().take(1)) == 0
            ledger.bury()
            ledger.plan(1)


def test_a_machine_that_is_silent_for_a_minute_is_taken_for_dead(folder):
    place = begin(folder)
    elsewhere, here = work(place).open(), work(place).open()
    trial = elsewhere.take(4)
    elsewhere.storage.record_heartbeat(trial._trial_id)
    trial.set_user_attr("process", "another-machine")
    here.bury()
    assert states(place)[0] == "RUNNING"
    with elsewhere.storage.engine.begin() as connection:
        connection.execute(text("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-61 seconds')"))
    here.bury()
    assert states(place)[0] == "FAIL"
    # it has only slept, and comes too late
    assert not elsewhere.finish(trial, Outcome())
    assert list(do(work(place, tables=())).outcomes(4)) == [0, 1, 2, 3]


def test_one_that_died_before_it_said_who_it_is(folder, monkeypatch):
    place = begin(folder)
    ledger = work(place).open()
    ledger.plan(4)
    with without_its_warnings():
        ledger.study.ask()
    ledger.bury()
    assert states(place)[0] == "RUNNING"
    monkeypatch.setattr("image_classification.trials.ledger._INTRODUCTION", -1.0)
    ledger.bury()
    assert states(place)[0] == "FAIL"


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 3])
def test_processes_of_one_command_die_in_every_training(folder, processes):
    """Those that it has started, and then the command itself, which is started again."""
    place = begin(folder)
    marks = folder / "marks"
    marks.mkdir()
    for _ in range(6):
        code = in_a_fork(lambda: do(work(place, 5, dies_in=marks), processes))
        if code == 0:
            break
    assert code == 0
    assert sorted(states(place)).count("COMPLETE") == 5
    assert set(states(place)) <= {"COMPLETE", "FAIL"}


@pytest.mark.parametrize("total", [1, 3])
def test_what_is_kept_of_one_that_is_not_done_is_there_until_it_is(folder, tmp_path, total):
    place = begin(folder)
    for index in range(1, total):
        (tmp_path / f"{index}").touch()
    assert in_a_fork(lambda: do(work(place, total, dies_in=tmp_path))) == -9
    assert [path.parent for path in folder.rglob("weights")] == [work(place).unfinished(0)]
    do(work(place, total, dies_in=tmp_path))
    assert not list(folder.rglob("*-unfinished"))


class Looking(Counting):
    """Looks whether there is a folder of the study when a training begins."""

    def __call__(self, index, trial, kept):
        looked.append(kept.parent.exists())
        return super().__call__(index, trial, kept)


looked = []


def test_the_folder_of_a_study_is_not_removed_before_all_is_done(folder):
    """Others may be about to write there."""
    place = begin(folder)
    looked.clear()
    do(Work(place, Looking(refuses=(0, 1), goes_on_after_errors=True), 2))
    assert looked == [False, True]
    assert not work(place).unfinished(0).parent.exists()
