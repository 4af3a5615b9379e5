"""Pipelines whose nodes succeed, warn or fail, as the parameters say."""

import logging
import warnings
from typing import Any

from kedro.pipeline import Node, Pipeline

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions


def make_numbers(seed: int) -> list[int]:
    """Talk like the real nodes and like the libraries under them."""
    logging.getLogger("image_classification.images").info("Made [some] numbers")
    logging.getLogger("urllib3").info("chatter of a library")
    warnings.warn("use another function", FutureWarning, stacklevel=1)
    warnings.warn("this function is deprecated", UserWarning, stacklevel=1)
    warnings.warn("the driver is too old", UserWarning, stacklevel=1)
    return [seed]


def measure(
    numbers: list[int], training: TrainingOptions, widths: list[int]
) -> tuple[dict[str, Any], list[int]]:
    """Fail in the way that the batch size says."""
    match training.batch_size:
        case 1:
            raise UserError("The numbers are too small: found 1, expected 2.\nGive larger ones.")
        case 2:
            raise ZeroDivisionError("a defect of ours")
        case 3:
            raise KeyboardInterrupt
    return {"accuracy": 0.5, "loss": 1.0, "images": 10, "epochs": training.epochs, "widths": widths}, numbers


def conclude(doubled: list[int]) -> int:
    """Read what is kept in memory only."""
    return len(doubled)


def find_place(seed: int) -> str:
    """Note where something is, and make nothing."""
    return f"somewhere/{seed}"


def register_pipelines() -> dict[str, Pipeline]:
    """Two stages with a file in between."""
    mnist = Pipeline([Node(make_numbers, "params:modelling.seed", "numbers", name="make_numbers")])
    inputs = ["numbers", "params:modelling.training", "params:modelling.network.feed_forward.widths"]
    modelling = Pipeline(
        [
            Node(measure, inputs, ["metrics", "doubled"], name="measure"),
            Node(conclude, "doubled", "conclusion", name="conclude"),
        ]
    )
    place = Node(find_place, "params:modelling.seed", "place", name="find_place")
    there = Node(measure, ["place", *inputs[1:]], ["metrics", "doubled"], name="measure_there")
    return {
        "__default__": mnist + modelling,
        "training": mnist + modelling,
        "mnist": mnist,
        "modelling": modelling,
        "looking": Pipeline([place, there]),
    }
