"""The text of --params becomes nested parameters."""

import os

import click
import pytest
from kedro.framework.cli.project import run as kedro_run

from image_classification.cli import run
from image_classification.cli.explanations import CommandError
from image_classification.cli.params import joined_params, parse_params, split_params


def parse(text):
    option = next(option for option in run.params if option.name == "params")
    return parse_params(click.Context(run), option, text)


@pytest.mark.parametrize("text", ["1:4", "2:1", "12:30:45", "-1:30", "190:20:30.15"])
def test_numbers_with_colons_are_no_minutes_and_seconds(text):
    assert parse(f"a.b={text},c=14") == {"a": {"b": text}, "c": 14}


def test_commas_inside_brackets_and_quotes_belong_to_the_value():
    text = """a=1, b=[1,[2,3]],c={x: 1, y: [2,3]},d="4,5",e='6,[7',f=it's,g=8"""
    assert split_params(text) == [
        "a=1",
        "b=[1,[2,3]]",
        "c={x: 1, y: [2,3]}",
        'd="4,5"',
        "e='6,[7'",
        "f=it's",
        "g=8",
    ]


def test_dots_make_groups_and_values_are_yaml():
    parsed = parse(
        "m.t.epochs=3,m.t.lr=1e-3,m.n.widths=[64,32],m.on=true,m.none=null,name=convnet,url=file:///a=b"
    )
    assert parsed == {
        "m": {"t": {"epochs": 3, "lr": 0.001}, "n": {"widths": [64, 32]}, "on": True, "none": None},
        "name": "convnet",
        "url": "file:///a=b",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("folder=/photos/[ab]*/x.jpg,b=1", "/photos/[ab]*/x.jpg"),
        ("folder=/photos/*/[a,b]?.jpg,b=1", "/photos/*/[a,b]?.jpg"),
        ("folder='*/2024/*.jpg',b=1", "*/2024/*.jpg"),
        ("folder='[ab]*/**',b=1", "[ab]*/**"),
    ],
)
def test_patterns_of_files_are_values(text, path):
    assert parse(text) == {"folder": path, "b": 1}


@pytest.mark.parametrize("path", ["*/2024/*.jpg", "[ab]*/x.jpg"])
def test_a_pattern_that_needs_quotes_is_shown_with_them(path):
    with pytest.raises(CommandError) as caught:
        parse(f"a.folder={path}")

    shown = str(caught.value).rpartition('--params "')[2].removesuffix('"')
    assert parse(shown) == {"a": {"folder": path}}


def test_spaces_around_the_equals_sign_do_not_matter():
    assert parse("a.b = 1 , c = [1, 2]") == {"a": {"b": 1}, "c": [1, 2]}


def test_nothing_is_no_parameters():
    assert parse("") == {}


def test_what_a_config_file_says_is_taken_as_it_is():
    assert parse({"a": {"b": 1}}) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("widths=[64,32", "a ] is missing at the end"),
        ("a={x: [1", "a ] is missing at the end"),
        ("name='a,b=1", "a ' is missing at the end"),
        ("epochs", "epochs: expected key=value"),
        ("a=1,=2", "=2: expected key=value"),
        ("a=[1}]x", "--params a=[1}]x: "),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(CommandError) as refused:
        parse(text)
    assert message in refused.value.message
    assert refused.value.exit_code == 2


def test_all_of_kedros_options_are_there():
    assert [option.name for option in run.params] == [option.name for option in kedro_run.params]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--params", "a=1", "--env", "fast", "--params", "b=[1,2]"],
            ["--env", "fast", "--params", "a=1,b=[1,2]"],
        ),
        (["--params=a=1", "--params", "a=2", "--params=c=3"], ["--params", "a=1,a=2,c=3"]),
        (["--params", "a=1", "--env", "fast"], ["--params", "a=1", "--env", "fast"]),
        (["--env", "fast", "--params"], ["--env", "fast", "--params"]),
    ],
)
def test_params_that_are_given_several_times_count_together(arguments, expected):
    assert joined_params(arguments) == expected


def test_of_the_same_parameter_the_last_counts():
    context = run.make_context("run", ["--params", "a.b=1,c=1", "--params", "a.b=2"])

    assert context.params["params"] == {"a": {"b": 2}, "c": 1}


@pytest.mark.parametrize("before", [[], ["--params", "a=1"], ["--params=a=1", "--params", "b=2"]])
def test_a_last_option_without_its_value_is_not_dropped(before):
    assert joined_params([*before, "--params"])[-1] == "--params"


def test_keys_with_dots_of_a_config_file_make_groups_too():
    given = {
        "m.t.epochs": 3,
        "m": {"t": {"lr": 0.1}, "seed": 1},
        "m.n": {"0.5": "train"},
        "list": [1, {"a": 2}],
    }
    assert parse(given) == {
        "m": {"t": {"epochs": 3, "lr": 0.1}, "seed": 1, "n": {"0.5": "train"}},
        "list": [1, {"a": 2}],
    }


def test_bytes_that_are_no_text_are_refused_in_words():
    with pytest.raises(CommandError) as error:
        parse_params(None, None, os.fsdecode(b"image_folder.path=caf\xe9/a"))

    message = error.value.format_message()
    assert message.startswith("--params image_folder.path=caf\\xe9/a: this is not valid UTF-8")
    assert "ln -s" in message
    assert "codec" not in message
