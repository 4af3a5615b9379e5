"""What another version of the project wrote may not be what this one reads: one error says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from image_classification.errors import UserError
from image_classification.learning.checkpoints.facts import Facts, differences, version_facts
from image_classification.memory import is_out_of_memory
from image_classification.words import shorten

_UNFIT = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


@contextmanager
def reading_what_was_written(what: str, was: Facts, remedy: str) -> Iterator[None]:
    """Turn errors of the block, which reads a part of a checkpoint, into one that a person understands.

    Args:
        what: is read, to begin the message with.
        was: the facts of the training that wrote it.
        remedy: what to do about it.

    Raises:
        UserError: it does not fit this version.
    """
    try:
        yield
    except _UNFIT as error:
        if is_out_of_memory(error):
            raise
        differing = differences(was, version_facts(), partly=True)
        why = f": {'; '.join(differing)}" if differing else ""
        raise UserError(f"{what} cannot be read by this version{why} ({_told(error)}).\n{remedy}") from error


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"there is no {error}"
    return shorten(str(error) or type(error).__name__, 200)
