"""The code that decides what a training comes to, for checkpoints: it may change before one is resumed."""

from collections.abc import Callable
from typing import Any

from image_classification.learning.checkpoints.facts import CODE
from image_classification.learning.recipe import train_by
from image_classification.origins.code import code_of

_PROJECT = "image_classification."
# What a training uses that decides about none of its numbers: it shows, guards, reads files and finds words.
_BESIDE = tuple(
    f"{_PROJECT}{name}."
    for name in [
        "errors",
        "files",
        "learning.elastic",
        "learning.progress",
        "learning.room",
        "memory",
        "networks.answers",
        "processes",
        "threads",
        "words",
    ]
)


def training_code(*also: Callable[..., Any]) -> dict[str, str]:
    """Return a digest for each module that trains, as facts of a checkpoint.

    Args:
        also: functions that work on what a training comes to.
    """
    parts = {name: part for each in (train_by, *also) for name, part in code_of(each).parts.items()}
    return {
        f"{CODE}{name.removeprefix(_PROJECT)}": digest
        for name, digest in parts.items()
        if not f"{name}.".startswith(_BESIDE)
    }
