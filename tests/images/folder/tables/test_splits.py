"""Splits are read in whatever words they are written; what means none is asked about."""

import shlex
from pathlib import Path

import pytest

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.tables.splits import (
    are_one_hot_splits,
    example_meanings,
    looks_like_split,
    read_splits,
)
from image_classification.images.folder.tables.table import Table
from image_classification.parameters.command_line import speak_of_parameters


def splits(values, column="split", **given):
    table = Table(Path("t.csv"), {column: values}, range(2, 2 + len(values)))
    return read_splits(table, column, TableOptions(split_values=given))


@pytest.mark.parametrize(
    "write", [str, str.upper, str.title, "{}_set".format, "{} data".format, "{}2017".format]
)
def test_words(write):
    words = ["train", "training", "val", "valid", "validation", "dev", "test", "testing", "trainval"]
    meant = ["train"] * 2 + ["validation"] * 4 + ["test"] * 2 + ["train"]

    assert splits([*map(write, words), ""]) == [*meant, ""]


@pytest.mark.parametrize(
    ("values", "meant"),
    [(["tr", "va", "te"], ["train", "validation", "test"]), (["TR", "Te"], ["train", "test"])],
)
def test_abbreviations(values, meant):
    assert splits(values) == meant


@pytest.mark.parametrize("value", ["train dog", "contest", "train_test", "xray_val", "t", ""])
def test_what_says_something_else_is_no_split(value):
    with pytest.raises(UserError, match="no split that exists"):
        splits([value or "?", "train"])


@pytest.mark.parametrize(
    "values", [["1", "0", ""], ["True", "False", ""], ["yes", "No", ""], ["1.0", "0.0", ""]]
)
def test_flags(values):
    assert splits(values, "is_train") == ["train", "test", ""]
    assert splits(values, "Is Test") == ["test", "train", ""]
    assert splits(values, "in_validation_set") == ["validation", "train", ""]


@pytest.mark.parametrize("values", [["0", "1", "2"], ["a", "b", "c"], ["x y", "train", "2"], ["1", "0"]])
def test_codes_are_asked_about_with_what_to_type(values):
    speak_of_parameters()
    with pytest.raises(UserError, match=r"no split that exists in line 2, column 'set': ") as caught:
        splits(values, "set")

    (line,) = [line for line in str(caught.value).splitlines() if "split_values=" in line]
    typed = parse_params(None, None, shlex.split(line[line.index("--params") :])[1])
    meanings = typed["image_folder"]["table"]["split_values"]
    assert set(meanings) == set(values)
    assert splits(values, "set", **meanings) == [meanings[value] for value in values]


def test_what_is_given_goes_before_the_word():
    assert splits(["train", "test", "0"], test="validation", **{"0": "test"}) == [
        "train",
        "validation",
        "test",
    ]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("{true: train, false: test}", ["true", "false"]),
        ("{true: train, false: test}", ["TRUE", "False"]),
        ("{yes: train, no: test}", ["yes", "no"]),
        ("{'yes': train, 'no': test}", ["yes", "no"]),
        ("{0: train, 1: test}", ["0", "1"]),
        ("{0: train, 1: test}", ["0.0", "1.0"]),
        ("{1.0: train, 2.0: test}", ["1", "2"]),
        ("{a: train, b: test}", ["a", "b"]),
    ],
)
def test_meanings_as_a_person_types_them(given, values):
    typed = parse_params(None, None, f"table.split_values={given}")["table"]
    meanings = TableOptions(**typed).split_values

    assert splits(values, **meanings) == ["train", "test"]


def test_a_meaning_of_what_no_cell_has_is_warned_of(caplog):
    assert splits(["a", "b"], a="train", b="test", bb="test") == ["train", "test"]
    assert "no cell of the column 'split' of t.csv is 'bb'; did you mean b?" in caplog.text


def test_what_is_not_known_is_no_split():
    assert splits(["train", "NaN", "None", "test"]) == ["train", "", "", "test"]
    assert splits(["train", "none", "test"], none="validation") == ["train", "validation", "test"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("data_set", ["train", "unlabeled", "test"]),
        ("purpose", ["train", "extra", "test"]),
        ("x", ["val", "whatever", "Training"]),
        ("partition", ["learn", "holdout"]),
        ("set", ["train", "rest"]),
    ],
)
def test_a_column_is_asked_about_though_some_of_its_values_are_no_splits(column, values):
    assert looks_like_split(column, values * 20)


@pytest.mark.parametrize(
    ("column", "values"),
    [("quality", ["valid", "invalid"]), ("vehicle", ["train", "car", "bus"]), ("kind", ["test", "control"])],
)
def test_one_word_does_not_make_a_split(column, values):
    assert not looks_like_split(column, values * 20)


@pytest.mark.parametrize(
    ("values", "meanings"),
    [
        (["train", "unlabeled", "test"], {"train": "train", "unlabeled": "none", "test": "test"}),
        (
            ["train", "trian", "tset", "test"],
            {"train": "train", "trian": "train", "tset": "test", "test": "test"},
        ),
        (["train", "trash", "test"], {"train": "train", "trash": "none", "test": "test"}),
        (["learn", "holdout"], {"learn": "train", "holdout": "test"}),
        (["0", "1"], {"0": "train", "1": "test"}),
    ],
)
def test_the_meanings_that_are_offered(values, meanings):
    assert example_meanings(values) == meanings


ONE_HOT = {"train": ["1", "0", "0"], "is_val": ["0", "1", "0"], "in_test_set": ["0", "0", "1"]}


def test_splits_in_several_columns_of_flags():
    assert are_one_hot_splits(ONE_HOT)
    assert not are_one_hot_splits({"train": ["1", "0"]})
    assert not are_one_hot_splits({"train": ["1", "0"], "is_train": ["0", "1"]})
    assert not are_one_hot_splits({"train": ["1", "0"], "test": ["1", "1"]})
    assert not are_one_hot_splits({"train": ["1", "0"], "cat": ["0", "1"]})
