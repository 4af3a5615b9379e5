"""What is drawn for a training follows from seed, number and results, whoever draws it and how often."""

import pytest
from tests.trials.counting import PLAN

from image_classification.trials.ledger import INDEX, Ledger, note_suggested
from image_classification.trials.results import KeptResults, Outcome
from image_classification.trials.search.dimensions import Range, Values
from image_classification.trials.search.samplers import SeededSampler
from image_classification.trials.study import begin_or_join

SPACE = {
    "lr": Range("float", 1e-4, 1.0, log=True),
    "width": Range("int", 8, 64, step=8),
    "layers": Values(("[1]", "[1, 2]"), ([1], [1, 2])),
}


def open_ledger(folder, sampler, seed):
    place = begin_or_join(f"sqlite:///{folder / 'trials.db'}", PLAN, "auto")
    study, storage = place.open(SeededSampler(sampler, seed))
    return Ledger(study, storage, KeptResults(place.address, study), ())


def draw(ledger, total):
    """Take a training, draw for it, and finish it with a result that follows from what was drawn."""
    trial = ledger.take(total)
    drawn = {name: dimension.suggest(trial, name) for name, dimension in SPACE.items()}
    note_suggested(trial)
    return trial, drawn


def search(folder, total, *, sampler="tpe", seed=0, interrupted=()):
    """Return what was drawn for each training; after some of them the process is another one."""
    ledger, found = open_ledger(folder, sampler, seed), {}
    while len(found) < total:
        trial, drawn = draw(ledger, total)
        if len(found) in interrupted:
            interrupted = set(interrupted) - {len(found)}
            ledger.give_back(trial)
            ledger = open_ledger(folder, sampler, seed)
            continue
        ledger.finish(trial, Outcome(drawn["lr"] * drawn["width"]))
        found[trial.user_attrs[INDEX]] = drawn
    return found


@pytest.fixture
def other_folder(empty_trials, tmp_path):
    """Another one with an empty database."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "trials.db").write_bytes((empty_trials / "trials.db").read_bytes())
    return tmp_path / "other"


@pytest.mark.parametrize(
    "sampler", ["random", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tpe", "gp"))]
)
def test_an_interrupted_search_draws_what_one_draws_that_was_not(folder, other_folder, sampler):
    total = 12  # after ten of them tpe learns from the results
    whole = search(folder, total, sampler=sampler)
    parts = search(other_folder, total, sampler=sampler, interrupted=(2, 11))
    assert whole == parts
    assert len({each["lr"] for each in whole.values()}) == total


def test_another_seed_draws_something_else(folder, other_folder):
    assert search(folder, 3)[0] != search(other_folder, 3, seed=1)[0]


def test_what_was_drawn_is_what_the_next_one_does(folder):
    """Even if others have come to results meanwhile."""
    ledger = open_ledger(folder, "tpe", 0)
    first, drawn = draw(ledger, 2)
    second, _ = draw(ledger, 2)
    ledger.finish(second, Outcome(1.0))
    ledger.give_back(first)
    again, drawn_again = draw(open_ledger(folder, "random", 5), 2)
    assert again.user_attrs[INDEX] == 0
    assert drawn_again == drawn


def test_what_is_drawn_is_of_the_space(folder):
    dimensions = {
        "whole": (Range("int", 2, 6, step=2), {2, 4, 6}),
        "parts": (Range("float", 0.0, 1.0, step=0.5), {0.0, 0.5, 1.0}),
        "values": (Values(("null", "[1]"), (None, [1])), {"null", "[1]"}),
    }
    ledger, found = open_ledger(folder, "random", 0), {name: set() for name in dimensions}
    for _ in range(12):
        trial = ledger.take(12)
        for name, (dimension, _) in dimensions.items():
            drawn = dimension.suggest(trial, name)
            shown = trial.params[name]  # as it stands in a table
            assert dimension.value(shown) == drawn
            assert dimension.label(shown) == shown
            found[name].add(shown)
        ledger.finish(trial, Outcome())
    assert found == {name: values for name, (_, values) in dimensions.items()}
