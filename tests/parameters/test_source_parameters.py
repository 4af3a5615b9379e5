"""Values that mean nothing are refused before any data is touched."""

import pytest
from pydantic import ValidationError

from image_classification.images.idx.options import MnistOptions
from image_classification.images.store.options import ImageOptions, SplitOptions


@pytest.mark.parametrize("validation", [0, 0.0, 1, 5000, 0.1, 0.999])
def test_validation_is_a_number_of_images_or_a_share(validation):
    parsed = SplitOptions(validation=validation).validation

    assert parsed == validation
    assert type(parsed) is type(validation)


@pytest.mark.parametrize(
    "validation", [True, False, -1, -0.1, 1.0, 1.5, float("nan"), float("inf"), "0.1", None]
)
def test_what_is_neither_is_refused_in_one_sentence(validation):
    with pytest.raises(ValidationError, match="expected a whole number of images") as caught:
        SplitOptions(validation=validation)

    assert caught.value.error_count() == 1


@pytest.mark.parametrize(
    "values",
    [{"seed": -1}, {"seed": True}, {"seed": 0.5}, {"method": "random"}, {"validaton": 0.1}],
)
def test_other_mistakes_in_a_split(values):
    with pytest.raises(ValidationError):
        SplitOptions(**values)


@pytest.mark.parametrize(("size", "sides"), [(28, (28, 28)), ([20, 30], (20, 30)), ((1, 1), (1, 1))])
def test_a_size_is_a_side_or_height_and_width(size, sides):
    assert ImageOptions(size=size).height_and_width == sides


@pytest.mark.parametrize(
    "values",
    [
        {"size": 0},
        {"size": -3},
        {"size": 2.5},
        {"size": True},
        {"size": [28]},
        {"size": [28, 0]},
        {"size": [28, True]},
        {"channels": 2},
        {"channels": True},
    ],
)
def test_impossible_images(values):
    with pytest.raises(ValidationError):
        ImageOptions(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"mirrors": ["ftp://a"]},
        {"mirrors": ["/data/mnist"]},
        {"mirrors": "http://a"},
        {"connect_timeout": 0},
        {"connect_timeout": -1},
        {"connect_timeout": True},
        {"connect_timeout": float("inf")},
        {"offline_fallback": "mnist"},
        {"split": {"validation": 2.0}},
    ],
)
def test_impossible_mnist(values):
    with pytest.raises(ValidationError):
        MnistOptions(**values)


def test_what_is_written_back_is_read_again():
    parameters = MnistOptions(
        mirrors=["http://a", "file:///b"],
        images={"size": [3, 4], "channels": 3},
        split={"validation": 0, "method": "last"},
    )

    for mode in ("python", "json"):
        assert MnistOptions(**parameters.model_dump(mode=mode)) == parameters


def test_every_parameter_is_described():
    for section in (MnistOptions, ImageOptions, SplitOptions):
        for name, field in section.model_fields.items():
            assert field.description, name
