"""No option takes a number that torch cannot count with, whatever it is an option of."""

import math

import pytest
from pydantic import ValidationError

from image_classification.errors import UserError
from image_classification.learning.losses.cross_entropy import CrossEntropy
from image_classification.learning.losses.weighted_sum import Term
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters, validate_parameters

OPTIONS = [
    *((".".join(place.path), place.owner) for place in walk(Parameters) if not place.groups),
    ("term.weight", Term),
    ("term.class_weights", CrossEntropy.Options),
]
TOO_LARGE = (10**30, 2**63, -(10**30), 1e300, -1e300, float("inf"), float("nan"))


def numbers_in(value):
    if isinstance(value, dict):
        return [number for each in value.values() for number in numbers_in(each)]
    if isinstance(value, list | tuple):
        return [number for each in value for number in numbers_in(each)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def taken(key, owner, value):
    """The numbers that an option has of a value; none if it refuses the value."""
    name = key.rpartition(".")[2]
    try:
        found = owner.model_validate({name: value} | ({"name": "x"} if owner is Term else {}))
    except ValidationError:
        return []
    return numbers_in(found.model_dump(mode="json")[name])


def test_a_number_beyond_all_sense_is_refused():
    assert len(OPTIONS) > 200
    for key, owner in OPTIONS:
        for number in TOO_LARGE:
            for value in (number, [number], [number, number], [0, number], {"a": number}, {"mean": [number]}):
                for each in taken(key, owner, value):
                    assert math.isfinite(each), (key, value)
                    assert abs(each) < (2**63 if isinstance(each, int) else 1.1e30), (key, value)


def test_what_must_not_be_zero_is_not_as_good_as_zero():
    """What is divided by 5e-324 is infinite, and as a float32 it is 0."""
    checked = 0
    for key, owner in OPTIONS:
        default = owner.model_fields[key.rpartition(".")[2]].default
        if isinstance(default, float) and not taken(key, owner, 0.0):
            checked += 1
            assert not taken(key, owner, 5e-324), key
    assert checked > 20


def test_a_bound_is_said_in_plain_digits():
    with pytest.raises(UserError, match="expected at most 1000000000"):
        validate_parameters({"modelling": {"training": {"batch_size": 10**30}}})
    with pytest.raises(UserError, match="expected at least 1e-30"):
        validate_parameters({"modelling": {"optimizer": {"adam": {"lr": 1e-300}}}})
    with pytest.raises(UserError, match="a number of thousands of digits"):
        validate_parameters({"modelling": {"training": {"epochs": 10**5000}}})
