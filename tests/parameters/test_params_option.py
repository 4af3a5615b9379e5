"""What a message says to type is what the command then understands."""

import shlex

import pytest

from image_classification.cli.params import parse_params
from image_classification.parameters.command_line import params_option

NAMES = [
    "foo",
    "my folder",
    "a,b",
    "a: b",
    "2019",
    "1e3",
    "yes",
    "null",
    "{x}",
    "[x]",
    "it's",
    "it's, so",
    'the "best"',
    "$HOME",
    "back`tick",
    "a!b",
    "x/y z",
    "Käse",
    "-x",
    "#1",
    "a #b",
    ".",
    "~x",
    "a\\b",
    "Image Index",
    "007",
    "1.5",
    "~",
    "",
    " a",
    "2024-01-01",
    "-",
    "none",
    "a=b",
    "!x",
    "*x",
    "[x",
    "C:\\x\\y",
    "é\\",
    "ends ",
    "two\nlines\tand a tab",
    'it\'s "a, b"',
    "'a' #b",
    "12:30",
]


def typed(option):
    flag, text = shlex.split(option)
    assert flag == "--params"
    return parse_params(None, None, text)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_folder_survives_the_shell_and_yaml(name):
    splits = {"train": name, "test": [name, "other"]}

    assert typed(params_option({"image_folder.splits": splits})) == {"image_folder": {"splits": splits}}
    assert typed(params_option({"image_folder.path": f"/data/{name}"})) == {
        "image_folder": {"path": f"/data/{name}"}
    }


def test_any_cell_of_a_table_as_a_key():
    values = {name: "train" for name in NAMES if '"' not in name and "\\" not in name}

    assert typed(params_option({"table.split_values": values})) == {"table": {"split_values": values}}


def test_numbers_stay_numbers():
    option = params_option({"images.value_range": [27_000.0, 0.5], "training.epochs": 3})

    assert typed(option) == {"images": {"value_range": [27_000, 0.5]}, "training": {"epochs": 3}}


def test_several_parameters():
    option = params_option({"image_folder.path": "/a b", "image_folder.layout": "classes"})

    assert typed(option) == {"image_folder": {"path": "/a b", "layout": "classes"}}


def test_what_needs_no_quotes_has_none():
    assert params_option({"image_folder.layout": "classes"}) == "--params image_folder.layout=classes"
    assert (
        params_option({"image_folder.splits": {"train": "foo", "test": "bar"}})
        == '--params "image_folder.splits={train: foo, test: bar}"'
    )


def test_truth_values_are_written_as_yaml_has_them():
    option = params_option({"audit.near_duplicates": False, "training.drop_last": True})

    assert typed(option) == {"audit": {"near_duplicates": False}, "training": {"drop_last": True}}


def test_nothing_at_all_is_null():
    text = params_option({"a.weights": None, "b": [None, 1], "c": {"d": None}})
    (given,) = shlex.split(text.removeprefix("--params "))
    assert parse_params(None, None, given) == {"a": {"weights": None}, "b": [None, 1], "c": {"d": None}}
