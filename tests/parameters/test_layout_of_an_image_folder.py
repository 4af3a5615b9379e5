"""What may be said of the folders of a person's images on the command line."""

import pytest

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.parameters.root import validate_parameters


def given(text):
    return validate_parameters(parse_params(None, None, text)).image_folder


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("image_folder.splits={train: foo, test: bar}", {"train": ("foo",), "test": ("bar",)}),
        ("image_folder.splits={train: [a/x, 'b, c']}", {"train": ("a/x", "b, c")}),
        (
            "image_folder.splits={train: 2019, test: [2020, 2021]}",
            {"train": ("2019",), "test": ("2020", "2021")},
        ),
        ("image_folder.splits={train: foo, val: bar}", {"train": ("foo",), "validation": ("bar",)}),
        (
            "image_folder.splits.train=foo,image_folder.splits.valid=bar",
            {"train": ("foo",), "validation": ("bar",)},
        ),
        ("image_folder.splits={train: .}", {"train": (".",)}),
        ("image_folder.splits={train: ''}", {}),
        ("image_folder.splits={}", {}),
        ("image_folder.layout=classes", {}),
    ],
)
def test_folders_of_splits(text, folders):
    assert given(text).splits.folders == folders


@pytest.mark.parametrize("layout", ["auto", "classes", "splits"])
def test_layouts(layout):
    assert given(f"image_folder.layout={layout}").layout == layout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image_folder.layout=class", "did you mean classes"),
        ("image_folder.splits={test: foo}", "expected train as well"),
        (
            "image_folder.splits={train: foo},image_folder.layout=classes",
            "expected no splits together with layout = classes",
        ),
        ("image_folder.splits={train: foo, tests: bar}", "Allowed there: train, validation, test"),
        ("image_folder.splits={train: true}", "image_folder.splits.train is true"),
        ("image_folder.splits={train: [a, 2.5]}", "image_folder.splits.train"),
        ("image_folder.splits=foo", "a group of train, validation, test"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(UserError, match=message.replace(".", r"\.")):
        given(text)


def test_what_is_written_back_is_read_again():
    parameters = validate_parameters(parse_params(None, None, "image_folder.splits={train: [a, 7], val: b}"))

    for mode in ("python", "json"):
        assert validate_parameters(parameters.model_dump(mode=mode)) == parameters
