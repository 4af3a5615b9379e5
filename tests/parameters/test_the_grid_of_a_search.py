"""A grid is every combination that makes a training of its own, and is refused where it has no end."""

import pytest

from image_classification.errors import UserError
from image_classification.parameters.grid import trainings_of
from image_classification.parameters.root import validate_parameters
from image_classification.parameters.search_space import read_space

LR = {"low": 0.1, "high": 0.3, "step": 0.1}


def grid(space, modelling=None, **search):
    values = {"search": {"space": space, "sampler": "grid"} | search, "modelling": modelling or {}}
    parameters = validate_parameters(values)
    space = read_space(parameters.search.space, parameters.modelling)
    return trainings_of(parameters.search, space, parameters.modelling)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("optimizer.name", ["sgd", "adam"], ["sgd", "adam"]),
        ("network.convnet.widths", [[8], [8, 16]], ["[8]", "[8, 16]"]),
        ("training.epochs", {"low": 2, "high": 4}, [2, 3, 4]),
        ("training.batch_size", {"low": 8, "high": 30, "step": 8}, [8, 16, 24]),
        ("optimizer.adam.lr", LR, pytest.approx([0.1, 0.2, 0.3])),
        ("augmentation.shift", {"low": 0.0, "high": 0.25, "step": 0.1}, pytest.approx([0.0, 0.1, 0.2])),
    ],
)
def test_every_value_is_tried(name, given, expected):
    assert [each[name] for each in grid({name: given})] == expected


def test_no_number_is_above_the_range():
    """Whatever the digits that steps add up to."""
    assert all(each["optimizer.adam.lr"] <= 0.3 for each in grid({"optimizer.adam.lr": LR}))


def test_what_has_no_effect_makes_no_further_training():
    space = {"optimizer.sgd.lr": LR, "seed": [0, 1], "optimizer.name": ["adam", "sgd"]}
    found = grid(space)
    assert len(found) == 2 + 2 * 3
    assert [each["seed"] for each in found if each["optimizer.name"] == "adam"] == ["0", "1"]
    assert all(("optimizer.sgd.lr" in each) == (each["optimizer.name"] == "sgd") for each in found)
    assert len({tuple(sorted(each.items())) for each in found}) == len(found)


@pytest.mark.parametrize(
    ("space", "search", "said"),
    [
        ({"optimizer.adam.lr": {"low": 0.1, "high": 0.2}}, {}, "optimizer.adam.lr may be any number"),
        ({"training.epochs": {"low": 1, "high": 8, "log": True}}, {}, "training.epochs may be any number"),
        ({"seed": {"low": 0, "high": 20}}, {}, r"21 combinations, .* is 20: .*trials=21"),
        ({"seed": [0, 1], "training.keep": ["last", "best"]}, {"trials": 3}, "4 combinations"),
        ({"seed": {"low": 0, "high": 10**9}}, {}, "more than 100,000 combinations"),
    ],
)
def test_what_cannot_all_be_tried_is_refused(space, search, said):
    with pytest.raises(UserError, match=said):
        grid(space, **search)


def test_other_samplers_draw():
    assert grid({"optimizer.adam.lr": {"low": 0.1, "high": 0.2}}, sampler="random") is None
