"""What a function was made with counts like its text: what a closure, a partial or an object holds."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from image_classification.origins.code import code_alone_of, code_of

CLOSURES = """
import functools
import pathlib

class Thing:
    def __init__(self, number): self.number = number
    def method(self): return self.number
    def __call__(self): return self.number

def one(): return 1

def two(): return 2

def make(value):
    def inner(): return value
    return inner

def with_default(value):
    def inner(value=value): return value
    return inner

def wrapping(value):
    def decorate(function):
        @functools.wraps(function)
        def wrapped(*arguments): return value, function(*arguments)
        return wrapped
    return decorate
"""


@pytest.mark.parametrize(
    "take",
    [
        lambda steps, value: steps.make(value),
        lambda steps, value: steps.make([{"a": (value, {value})}]),
        lambda steps, value: steps.make(steps.make(value)),
        lambda steps, value: steps.make(partial(steps.make, value)),
        lambda steps, value: steps.make(steps.Thing(value)),
        lambda steps, value: steps.make(steps.Thing(value).method),
        lambda steps, value: steps.make(np.full(5000, value)),
        lambda steps, value: steps.make(np.array([value, None])),
        lambda steps, value: steps.make(steps.pathlib.Path(str(value))),
        lambda steps, value: steps.make([steps.one, steps.two][value % 2]),
        lambda steps, value: steps.with_default(value),
        lambda steps, value: steps.wrapping(value)(steps.one),
        lambda steps, value: steps.wrapping(0)(steps.wrapping(value)(steps.one)),
        lambda steps, value: steps.Thing(value),
        lambda steps, value: steps.Thing(value).method,
        lambda steps, value: partial(steps.one, value, steps.Thing(value)),
    ],
)
def test_values_count_by_what_they_are(package, take):
    steps = package(steps=CLOSURES)("steps")
    assert code_of(take(steps, 3)) != code_of(take(steps, 4))
    assert code_of(take(steps, 3)) == code_of(take(steps, 3))


@pytest.mark.parametrize(
    "take", [lambda steps: steps.make(steps.one), lambda steps: steps.wrapping(1)(steps.one)]
)
def test_functions_count_by_their_code(package, take):
    function = take(package(steps=CLOSURES)("steps"))
    before = code_alone_of(function)
    assert package.changes(function, "steps.py", "def one(): return 1", "def one(): return 5")
    assert code_alone_of(function) != before


@pytest.mark.parametrize("take", ["make", "wrapping", "Thing"])
def test_the_code_alone_is_the_same_with_other_values(package, take):
    take = getattr(package(steps=CLOSURES)("steps"), take)
    assert code_alone_of(take(3)) == code_alone_of(take(4))
    assert code_alone_of(take(3)).parts


def test_values_that_hold_themselves_have_an_end(package):
    steps = package(steps=CLOSURES)("steps")
    circle = []
    circle.append(circle)
    assert code_of(steps.make(circle)) == code_of(steps.make(circle))


def test_a_process_with_other_hashes_and_addresses_finds_the_same(package):
    package(steps=CLOSURES)
    program = (
        f"from {package.folder.name}.steps import *; from image_classification.origins.code import code_of;"
        "value = [Thing('a'), {'some', 'texts', 'in', 'a', 'set'}, pathlib.Path('a'), object(), Thing];"
        "print(sorted(code_of(wrapping(value)(make(one))).parts.items()))"
    )
    paths = os.pathsep.join([str(package.folder.parent), *sys.path])
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
