"""Folders that are made when something is put there, and removed by any process that finds them empty.

Between the two steps of a process that makes one and opens a file in it, another one may remove it.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

# how often a folder is made: one that is gone again each time is missing for another reason
MOST_TIMES = 10


def in_folder(folder: Path, action: Callable[[], Result]) -> Result:
    """Make a folder if it is missing and put something there.

    Args:
        folder: with those above it.
        action: puts something there; it may be begun several times.

    Raises:
        OSError: what fails for another reason than that the folder is removed meanwhile.
    """

    def both() -> Result:
        folder.mkdir(parents=True, exist_ok=True)
        return action()

    return again_if_removed(both)


def again_if_removed(action: Callable[[], Result]) -> Result:
    """Do what makes a folder and puts something there; again if the folder is removed in between.

    Raises:
        OSError: what fails for another reason, or again and again.
    """
    for _ in range(MOST_TIMES - 1):
        # of a folder that is removed right after it was found, mkdir says that it exists
        with suppress(FileNotFoundError, FileExistsError):
            return action()
    return action()
