"""What is suggested to be typed is read by a shell, and then by YAML, as what was meant."""

import shlex

import pytest

from image_classification.cli.params import parse_params
from image_classification.suggestions import to_type

VALUES = [
    "id",
    "Image Index",
    "007",
    "1",
    "1.5",
    "yes",
    "null",
    "~",
    "a,b",
    "a: b",
    "{x}",
    "[x",
    "it's",
    "x#y",
    "Köln",
]
VALUES += [
    'say "so"',
    "/a b/c",
    "C:\\x\\y",
    "a$b",
    "a`b",
    "",
    " a",
    "2024-01-01",
    "-",
    "none",
    "a=b",
    "!x",
    "*x",
    "é\\",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value(value):
    option, given = shlex.split(to_type({"group.key": value}))

    assert option == "--params"
    assert parse_params(None, None, given) == {"group": {"key": value}}


def test_a_group_of_values():
    values = {value: "train" for value in VALUES if '"' not in value and "\\" not in value}

    assert parse_params(None, None, shlex.split(to_type({"key": values}))[1]) == {"key": values}


def test_plain_words_stay_plain():
    assert to_type({"a.b": "patient_id"}) == "--params a.b=patient_id"
