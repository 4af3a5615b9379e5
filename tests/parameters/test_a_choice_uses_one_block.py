"""A choice names one of its blocks; the others stay as they are, and are checked all the same."""

from typing import Literal

import pytest
from pydantic import Field, ValidationError, create_model

from image_classification.parameters.base import Section
from image_classification.parameters.choices import Choice
from image_classification.parameters.optimizer import OptimizerParameters


class Circle(Section):
    radius: float = 1.0


class Square(Section):
    side: float = 2.0
    filled: bool = False


class Shape(Choice):
    name: Literal["circle", "square"] = "circle"
    circle: Circle = Circle()
    square: Square = Square()
    colour: Literal["red", "blue"] = "red"


def test_the_name_says_which_block_is_used():
    assert Shape().chosen == Circle()
    assert Shape(name="square").chosen == Square()
    assert Shape.names() == ("circle", "square")


def test_switching_leaves_nothing_of_the_other_blocks():
    shape = Shape.model_validate({"name": "square", "circle": {"radius": 5.0}, "square": {"side": 3.0}})
    assert shape.options == {"side": 3.0, "filled": False}


def test_a_block_that_is_not_used_is_checked_as_well():
    with pytest.raises(ValidationError, match="radios"):
        Shape.model_validate({"name": "square", "circle": {"radios": 5.0}})


@pytest.mark.parametrize("wrong", [{"name": "oval"}, {"oval": {}}, {"name": None}, {"circle": None}])
def test_names_and_blocks_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValidationError):
        Shape.model_validate(wrong)


def test_options_are_keyword_arguments_with_pairs_as_pairs():
    optimizer = OptimizerParameters.model_validate({"adam": {"betas": [0.7, 0.9]}})
    assert optimizer.options["betas"] == (0.7, 0.9)
    assert optimizer.options["lr"] == 1e-3


def test_choices_that_are_made_from_a_table_are_no_different():
    blocks = {"circle": (Circle, Circle()), "square": (Square, Square())}
    made = create_model("Made", __base__=Choice, name=(Literal["circle", "square"], "square"), **blocks)
    assert made().options == {"side": 2.0, "filled": False}


def test_a_name_without_a_block_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match="offers the name 'square', but has no section"):
        create_model(
            "Made", __base__=Choice, name=(Literal["circle", "square"], "circle"), circle=(Circle, Circle())
        )


def test_a_block_without_defaults_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match=r"Made\.circle has to have a default"):
        create_model("Made", __base__=Choice, name=(Literal["circle"], "circle"), circle=(Circle, Field()))


@pytest.mark.parametrize("name", [(str, "circle"), (Literal["circle"], Field())])
def test_the_name_is_a_literal_with_a_default(name):
    with pytest.raises(TypeError, match=r"Made\.name has to be a Literal with a default"):
        create_model("Made", __base__=Choice, name=name, circle=(Circle, Circle()))
