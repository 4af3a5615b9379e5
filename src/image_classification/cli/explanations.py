"""Which errors are messages to a person, and what they say; all others are defects with a traceback."""

import errno
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import click
import kedro
import pluggy

from image_classification.errors import UserError

# a child process sends its exceptions as they are, but what caused them as text only
_USER_ERROR_AS_TEXT = re.compile(
    rf"^{UserError.__module__}\.{UserError.__qualname__}: (.*?)(?=\n\n|\n\"\"\"|\Z)", re.DOTALL | re.MULTILINE
)
# a file system that is read-only, full, or somebody else's
_OF_THE_DISK = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM)
# where every run passes through before it gets to the work
_PLUMBING = (
    Path(kedro.__file__).parent,
    Path(pluggy.__file__).parent,
    Path(__file__).parent,
)


def user_message(error: BaseException) -> str | None:
    """The message to a person that an error is, or that it was caused by; None for a defect."""
    for cause in _causes(error):
        if isinstance(cause, UserError):
            return str(cause)
        if isinstance(cause, OSError) and cause.errno in _OF_THE_DISK and cause.filename:
            return (
                f"{cause.filename} cannot be written: {cause.strerror}.\nMake room, or its folder writable, "
                "and run again; what was there before is as it was."
            )
        as_text = (
            _USER_ERROR_AS_TEXT.search(str(cause)) if type(cause).__name__ == "_RemoteTraceback" else None
        )
        if as_text:
            return as_text[1].strip()
    return None


def short_traceback(error: BaseException) -> str:
    """The traceback without its first frames, the plumbing that is the same for every error.

    An error that was raised in the plumbing itself keeps its whole traceback.
    """
    frames = error.__traceback__
    while frames and _is_plumbing(Path(frames.tb_frame.f_code.co_filename)):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))


def _is_plumbing(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in _PLUMBING)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


WRONG_COMMAND = 2  # what Click reports of wrong options


class CommandError(click.ClickException):
    """The command itself is wrong: a message, no traceback, and the exit code of wrong options."""

    exit_code = WRONG_COMMAND
