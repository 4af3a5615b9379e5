"""Parameters that are given twice are said to be, and those of which one would drop the other are refused."""

import click
import pytest

from image_classification.cli import run
from image_classification.cli.explanations import CommandError
from image_classification.cli.params import parse_params


def parse(text):
    return parse_params(click.Context(run), run.params[0], text)


@pytest.mark.parametrize(
    "given",
    [
        "m=1,m.seed=2",
        "m.seed=2,m=1",
        "m.t.a=1,m.t=[1,2]",
        "m=,m.seed=2",
        "m.seed=2,m=null",
        "m={t: 1},m.t.a=2",
        "m.w=[1,2],m.w[0]=3",
        {"m": 1, "m.seed": 2},
        {"m.seed": 2, "m": [1]},
    ],
)
def test_a_value_beside_a_group_of_the_same_name_is_refused(given):
    with pytest.raises(CommandError, match=r"contradicts itself: .* and .* Leave one of them out") as refused:
        parse(given)

    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("first", "last", "value"),
    [
        ("m.a=1", "m.a=2", 2),
        ("m={a: 1}", "m.a=3", 3),
        ("m.a=[1,2]", "m.a=[3]", [3]),
        ("m.a=1", "m={a: 4}", 4),
    ],
)
def test_of_a_value_that_is_given_twice_the_last_counts_and_is_named(first, last, value, capsys):
    assert parse(f"{first},{last}") == {"m": {"a": value}}
    assert capsys.readouterr().out == f"--params gives m.a several times: {last} counts.\n"


def test_nothing_is_said_where_both_say_the_same(capsys):
    assert parse("m.a=1,m={b: 2},m.a=1") == {"m": {"a": 1, "b": 2}}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 2000 + "]" * 2000, "a=" + "{b: " * 60 + "1" + "}" * 60, ".".join("a" * 500) + "=1"]
)
def test_what_is_too_deep_is_refused(text):
    with pytest.raises(CommandError, match="more than 50") as refused:
        parse(text)

    assert len(refused.value.message) < 400


@pytest.mark.parametrize("params", [3, [1, 2], True])
def test_params_of_a_config_file_that_are_no_group(tmp_path, params):
    path = tmp_path / "run.yml"
    path.write_text(f"run: {{params: {params}}}")

    with pytest.raises(CommandError, match="expected parameters"):
        run.make_context("run", ["--config", str(path)])
