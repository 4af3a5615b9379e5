"""Each training of a grid has the values of its place, whoever does it and in whatever order."""

from tests.trials.counting import PLAN

from image_classification.trials.ledger import INDEX, Ledger, note_suggested
from image_classification.trials.results import KeptResults, Outcome
from image_classification.trials.search.dimensions import Range, Values
from image_classification.trials.search.samplers import GridSampler
from image_classification.trials.study import begin_or_join

SPACE = {
    "name": Values(("adam", "sgd"), ("adam", "sgd")),
    "lr": Range("float", 0.0, 1.0, step=0.5),
    "width": Range("int", 8, 64, step=8),
}
GRID = [
    {"name": "sgd", "lr": 0.5, "width": 64},
    {"name": "adam", "width": 8},
    {"name": "sgd", "lr": 0.0, "width": 16},
]


def open_ledger(folder):
    place = begin_or_join(f"sqlite:///{folder / 'trials.db'}", PLAN, "auto")
    study, storage = place.open(GridSampler(GRID))
    return Ledger(study, storage, KeptResults(place.address, study), ())


def draw(trial):
    of = GRID[trial.user_attrs[INDEX]]
    return {name: dimension.suggest(trial, name) for name, dimension in SPACE.items() if name in of}


def test_an_interrupted_one_is_tried_again_and_none_twice(folder):
    ledger, found = open_ledger(folder), []
    first = ledger.take(len(GRID))
    assert draw(first) == GRID[0]
    ledger.give_back(first)
    ledger = open_ledger(folder)
    while trial := ledger.take(len(GRID)):
        found.append((trial.user_attrs[INDEX], draw(trial)))
        note_suggested(trial)
        ledger.finish(trial, Outcome())
    assert sorted(found, key=lambda each: each[0]) == list(enumerate(GRID))
