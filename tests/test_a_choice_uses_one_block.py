"""A choice names one of its blocks; the others stay as they are, and are checked all the same."""

from typing import Literal

import pytest
from pydantic import Field, ValidationError

from image_classification.learning.optimizers import OptimizerOptions
from image_classification.options import Section
from image_classification.registry import Choice, Registry

SHAPES = Registry("shape")


@SHAPES.register("square")
class Square:
    class Options(Section):
        """A square."""

        side: float = 2.0
        filled: bool = False


class CircleOptions(Section):
    """A circle."""

    radius: float = 1.0


@SHAPES.register("circle", CircleOptions)
def circle(options):
    return options.radius


class Shape(Choice, of=SHAPES, default="circle"):
    colour: Literal["red", "blue"] = "red"


def test_the_name_says_which_block_is_used():
    assert Shape().chosen == CircleOptions()
    assert Shape(name="square").chosen == Square.Options()
    assert Shape.names() == ("circle", "square")
    assert list(Shape.model_fields) == ["name", "circle", "square", "colour"]


def test_switching_leaves_nothing_of_the_other_blocks():
    shape = Shape.model_validate({"name": "square", "circle": {"radius": 5.0}, "square": {"side": 3.0}})
    assert shape.options == {"side": 3.0, "filled": False}
    assert shape.colour == "red"


def test_a_script_selects_by_name():
    assert Shape.select("square", side=4.0).options == {"side": 4.0, "filled": False}
    with pytest.raises(ValidationError, match="radius"):
        Shape.select("square", radius=1.0)


def test_a_block_that_is_not_used_is_checked_as_well():
    with pytest.raises(ValidationError, match="radios"):
        Shape.model_validate({"name": "square", "circle": {"radios": 5.0}})


@pytest.mark.parametrize("wrong", [{"name": "oval"}, {"oval": {}}, {"name": None}, {"circle": None}])
def test_names_and_blocks_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValidationError):
        Shape.model_validate(wrong)


def test_options_are_keyword_arguments_with_pairs_as_pairs():
    optimizer = OptimizerOptions.model_validate({"adam": {"betas": [0.7, 0.9]}})
    assert optimizer.options["betas"] == (0.7, 0.9)
    assert optimizer.options["lr"] == 1e-3


def test_a_default_that_is_not_registered_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match="there is no shape 'oval' to be the default"):

        class Wrong(Choice, of=SHAPES, default="oval"):
            pass


def test_an_option_without_a_default_is_a_mistake_of_the_programmer():
    class Line(Section):
        length: float = Field()

    lines = Registry("line")
    lines.add("straight", object(), Line)
    with pytest.raises(TypeError, match="line 'straight' has options without a default: length"):

        class Wrong(Choice, of=lines, default="straight"):
            pass


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="A shape named 'circle' is registered already"):
        SHAPES.add("circle", object(), CircleOptions)
    assert SHAPES["circle"] is circle
    with pytest.raises(KeyError, match="No shape named 'oval'; there are: circle, square"):
        SHAPES["oval"]
