"""`--config FILE`: a file that says nothing to the command is refused, with what was expected."""

import click
import pytest

from image_classification.cli import run
from image_classification.cli.explanations import CommandError


def options(path, *arguments, name="run"):
    return run.make_context(name, ["--config", str(path), *arguments]).params


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "it's a run.yml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", ["run", "image-classification", "python -m image_classification"])
def test_its_options_count_unless_the_command_line_says_otherwise(file, name):
    path = file("run: {pipeline: mnist, env: fast, params: {modelling.seed: 3, a: [1, 2]}}")

    found = options(path, "--env", "accurate", name=name)

    assert (found["pipeline"], found["env"]) == ("mnist", "accurate")
    assert found["params"] == {"modelling": {"seed": 3}, "a": [1, 2]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"is empty; expected a block run:"),
        ("foo: 1\nbar: 2", r"holds the keys foo, bar; expected a block run:"),
        ("run:", r"holds the keys run; expected a block run:"),
        ("run: training", r"holds the keys run; expected a block run:"),
        ("- run", r"holds no keys; expected a block run:"),
        ("run: [", r"cannot be read as YAML: .*line 2"),
        ("run: {pipeline: '${nowhere}'}", r"cannot be read as YAML: .*nowhere"),
        ("a: 'b", r"cannot be read as YAML"),
        ("just words", r"expected a block run:|cannot be read as YAML"),
        ("run: {pipelin: training}", r"there is no option pipelin; did you mean pipeline"),
        ("run: {1: 2}", r"there is no option 1"),
        ("run: {config: other.yml}", r"there is no option config"),
    ],
)
def test_anything_else_is_refused(file, text, said):
    with pytest.raises(CommandError, match=said) as caught:
        options(file(text))

    assert caught.value.message.startswith(f"--config {file(text)}")


KINDS = ["3", "[]", "[1, 2]", "{a: 1}", "true", "1.5", "[{a: [1]}]", "2024-01-01", '"[x"', "''"]


@pytest.mark.parametrize("option", [option.name for option in run.params if option.name != "config"])
def test_a_value_of_another_kind_is_taken_or_refused(file, option):
    for value in KINDS:
        path = file(f"run: {{{option}: {value}}}")
        try:
            options(path)
        except click.ClickException as refused:
            assert refused.message


def test_a_value_of_another_kind_is_named(file):
    with pytest.raises(
        CommandError, match=r"is_async is \[1, 2\], which is no value of that option"
    ) as caught:
        options(file("run: {is_async: [1, 2]}"))

    assert "\n" not in caught.value.message


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "run.yml").write_bytes(b"\xff\xfe\x00run: {}")

    with pytest.raises(CommandError, match="cannot be read as YAML"):
        options(tmp_path / "run.yml")
