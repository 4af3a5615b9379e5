"""What another training has is drawn again; where there is nothing else, the training is left out."""

from dataclasses import dataclass, replace

import pytest
from tests.trials.counting import PLAN, Counting

from image_classification.trials.ledger import note_suggested
from image_classification.trials.redraw import require_new
from image_classification.trials.results import Outcome
from image_classification.trials.search.dimensions import Range, Values
from image_classification.trials.search.samplers import SeededSampler, make_pruner
from image_classification.trials.study import begin_or_join
from image_classification.trials.work import Work, do

SMALL = {"name": Values(("a", "b"), ("a", "b")), "size": Range("int", 1, 2)}


@dataclass(frozen=True)
class Drawing(Counting):
    """Draw, and be as good as the size; `size` counts only beside b."""

    tables: tuple[str, ...] = ()

    def __call__(self, index, trial, kept):
        drawn = {"name": SMALL["name"].suggest(trial, "name")}
        if drawn["name"] == "b":
            drawn["size"] = SMALL["size"].suggest(trial, "size")
        require_new(trial)
        note_suggested(trial)
        return Outcome(float(drawn.get("size", 0)), {"drawn": drawn})


def searched(folder, total, sampler="random", seed=0):
    place = begin_or_join(f"sqlite:///{folder / 'trials.db'}", PLAN, "auto")
    work = Work(place, Drawing(goes_on_after_errors=True), total, SeededSampler(sampler, seed))
    return do(work), total


def drawn_in(ledger, total):
    return [outcome.numbers["drawn"] for outcome in ledger.outcomes(total).values()]


@pytest.mark.parametrize(("sampler", "seed"), [("random", 0), ("tpe", 3)])
def test_three_trainings_try_three_things(folder, sampler, seed):
    found = drawn_in(*searched(folder, 3, sampler, seed))
    assert sorted(map(str, found)) == [
        "{'name': 'a'}",
        "{'name': 'b', 'size': 1}",
        "{'name': 'b', 'size': 2}",
    ]


def test_a_training_that_finds_nothing_new_is_left_out(folder):
    ledger, total = searched(folder, 4)
    assert len(drawn_in(ledger, total)) == 3
    reasons = [ledger.error_of(trial) for trial in ledger.settled(total).values()]
    (reason,) = filter(None, reasons)
    assert "21 times the values of other trainings were drawn for it" in reason


def test_what_was_drawn_before_an_interruption_is_done_again(folder):
    place = begin_or_join(f"sqlite:///{folder / 'trials.db'}", PLAN, "auto")
    work = Work(place, Drawing(), 1, SeededSampler("random", 0))
    ledger = work.open()
    trial = ledger.take(1)
    first = Drawing()(0, trial, None)
    ledger.give_back(trial)
    again = do(replace(work, sampler=SeededSampler("random", 1)))
    assert drawn_in(again, 1) == [first.numbers["drawn"]]


@pytest.mark.parametrize(("epochs", "first"), [(1, 2), (3, 2), (6, 2), (20, 7), (100, 34)])
def test_no_training_is_ended_while_its_schedule_warms_up(folder, epochs, first):
    study, _ = begin_or_join(f"sqlite:///{folder / 'trials.db'}", PLAN, "auto").open(
        SeededSampler("random", 0), make_pruner(epochs, is_on=True)
    )
    for value in range(5):
        others = study.ask()
        for epoch in range(1, epochs + 1):
            others.report(10.0 + value, epoch)
        study.tell(others, 10.0)
    worst = study.ask()
    ended = []
    for epoch in range(1, epochs + 1):
        worst.report(1000.0, epoch)
        if worst.should_prune():
            ended.append(epoch)
    assert ended == list(range(first, epochs + 1))
