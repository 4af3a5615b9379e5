"""The same command goes on with what was interrupted; other data, options or code begin another study."""

import pytest
from tests.trials.counting import PLAN, begin, kept, states, work

from image_classification.trials import study
from image_classification.trials.study import StudyPlan, close_study
from image_classification.trials.work import do


@pytest.mark.parametrize("facts", [{"the data": "b", "epochs": "3"}, {"the data": "a"}, {}])
def test_other_facts_are_another_study(folder, facts):
    assert begin(folder) != begin(folder, StudyPlan(PLAN.kind, facts))


def test_another_command_is_another_study(folder):
    assert begin(folder) != begin(folder, StudyPlan("summing", PLAN.facts))


def test_the_order_of_the_facts_does_not_count(folder):
    assert begin(folder) == begin(folder, StudyPlan(PLAN.kind, dict(reversed(PLAN.facts.items()))))


@pytest.mark.parametrize(
    ("resume", "is_over", "goes_on"),
    [
        ("auto", False, True),
        ("auto", True, False),
        (True, False, True),
        (True, True, True),
        (False, False, False),
        (False, True, False),
    ],
)
def test_what_is_over_begins_anew_unless_it_is_asked_for(folder, resume, is_over, goes_on):
    before = begin(folder)
    do(work(before, 2))
    if is_over:
        close_study(before)
    now = begin(folder, resume=resume)
    assert (now == before) == goes_on
    assert len(states(now)) == (2 if goes_on else 0)
    # and from then on it is the one that is joined
    assert begin(folder) == now


def test_what_was_lost_is_done_again(folder):
    place = begin(folder)
    do(work(place, 3))
    kept(place).folder.joinpath("00001-found.parquet").unlink()
    assert list(do(work(place, 3)).outcomes(3)) == [0, 1, 2]
    assert states(place).count("COMPLETE") == 4


def test_old_studies_are_forgotten_with_their_tables_and_interrupted_ones_are_not(folder, monkeypatch):
    monkeypatch.setattr(study, "_KEPT", 2)
    interrupted = begin(folder, StudyPlan(PLAN.kind, {"epochs": "9"}))
    do(work(interrupted, 1))
    places = []
    for _ in range(4):
        places.append(begin(folder, resume=False))
        do(work(places[-1], 1))
        close_study(places[-1])
    last = begin(folder)
    folders = {each.name for each in kept(last).folder.parent.iterdir()}
    assert folders == {interrupted.name, *(place.name for place in places[-2:])}
    assert states(interrupted) == ["COMPLETE"]
