"""Whoever takes part, and however many put them on the list: every training is done, and counts once."""

import os
import threading

import pytest
from tests.trials.counting import begin, in_a_fork, states, work

from image_classification.errors import UserError
from image_classification.trials.ledger import INDEX
from image_classification.trials.results import Outcome
from image_classification.trials.work import do


@pytest.mark.parametrize("total", [1, 4])
def test_alone(folder, total):
    place = begin(folder)
    ledger = do(work(place, total))
    outcomes = ledger.outcomes(total)
    assert {index: outcome.value for index, outcome in outcomes.items()} == {
        n: float(n) for n in range(total)
    }
    assert [outcome.numbers["square"] for outcome in outcomes.values()] == [n**2 for n in range(total)]
    assert states(place) == ["COMPLETE"] * total


def test_what_several_take_at_once_is_not_the_same(folder):
    """Both look before either of them writes, as often as there are trainings."""
    place, total = begin(folder), 8
    both, taken = threading.Barrier(2, timeout=60), []

    def take():
        ledger = work(place, total, tables=()).open()
        for _ in range(total // 2):
            both.wait()
            trial = ledger.take(total)
            taken.append(trial.user_attrs[INDEX])
            ledger.finish(trial, Outcome())

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(total))


def test_one_that_is_on_the_list_twice_is_done_once(folder):
    place = begin(folder)
    ledger = work(place).open()
    ledger.plan(2)
    ledger.study.enqueue_trial(
        {}, user_attrs={INDEX: 0}
    )  # as a process does that has looked at the same time
    do(work(place, 2))
    assert sorted(states(place)) == ["COMPLETE", "COMPLETE", "FAIL"]


@pytest.mark.parametrize(("before", "after"), [(2, 5), (5, 2)])
def test_their_number_may_change(folder, before, after):
    place = begin(folder)
    do(work(place, before))
    ledger = do(work(place, after))
    assert list(ledger.outcomes(after)) == list(range(after))
    assert states(place).count("COMPLETE") == max(before, after)


def test_one_that_cannot_be_done_ends_the_command_and_is_begun_again(folder):
    place = begin(folder)
    with pytest.raises(UserError, match="1 is refused"):
        do(work(place, refuses=(1,)))
    assert states(place).count("RUNNING") == 0
    assert list(do(work(place)).outcomes(4)) == [0, 1, 2, 3]


def test_one_that_cannot_be_done_may_leave_the_others(folder):
    place = begin(folder)
    ledger = do(work(place, refuses=(1, 2), goes_on_after_errors=True))
    assert list(ledger.outcomes(4)) == [0, 3]
    assert ledger.error_of(ledger.settled(4)[1]) == "1 is refused"
    assert states(place) == ["COMPLETE", "FAIL", "FAIL", "COMPLETE"]


def test_an_interruption_gives_it_back(folder, monkeypatch):
    place = begin(folder)
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as patch:
        patch.setattr("tests.trials.counting.Outcome", interrupted)
        do(work(place))
    assert states(place).count("RUNNING") == 0
    assert list(do(work(place)).outcomes(4)) == [0, 1, 2, 3]


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_processes_share_them(folder):
    place, total = begin(folder), 6
    assert in_a_fork(lambda: do(work(place, 3))) == 0
    found = [outcome.tables["found"] for outcome in do(work(place, total)).outcomes(total).values()]
    assert [int(table["index"].iloc[0]) for table in found] == list(range(total))
    assert [int(table["process"].iloc[0]) == os.getpid() for table in found] == [False] * 3 + [True] * 3
