"""Which errors are messages to a person, and how they are shown; all others are defects with a traceback."""

import logging
import re
import shlex
import signal
import sys
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click
import kedro
import pluggy

from image_classification.catalog_files import registered
from image_classification.cli.logs import FOLDER, made_before_it_was_cut_short
from image_classification.cli.memory_messages import memory_message
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.troubles import refused_by_the_system
from image_classification.processes.signals import SIGNALS
from image_classification.words import printable

# a child process sends its exceptions as they are, but what caused them as text only
_USER_ERROR_AS_TEXT = re.compile(
    r"^image_classification(?:\.\w+)+\.User\w*Error: (.*?)(?=\n\n|\n\"\"\"|\Z)", re.DOTALL | re.MULTILINE
)
# where every run passes through before it gets to the work
_PLUMBING = (
    Path(kedro.__file__).parent,
    Path(pluggy.__file__).parent,
    Path(__file__).parent,
)


_LAYOUT = "\n\t"
_PLACE = "place"  # what datasets are called that hold where images are


class CommandError(click.ClickException):
    """The command itself is wrong: print a message, no traceback."""

    exit_code = 2  # Click's own code for wrong options


@contextmanager
def told(project: Path | None) -> Iterator[None]:
    """Report whatever goes wrong in the block to the person at the keyboard, and end the command.

    Every error has to be reported here: the process ends before Python would print it. The whole traceback
    is kept in the project; None: nowhere.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise _interrupted() from None
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except SystemExit:
        if SIGNALS.first:
            raise _interrupted() from None
        raise
    except Exception as error:
        if SIGNALS.first:  # what broke because the command ends: the workers of a runner, a pipe
            raise _interrupted() from None
        record = _write_traceback(error, project) if project else None
        if message := user_message(error):
            click.echo(f"Error: {printable(message, keep=_LAYOUT)}", err=True)
        else:
            click.echo(printable(short_traceback(error), keep=_LAYOUT), err=True)
            click.echo(f"Error: the run ended with an unexpected {type(error).__name__}.", err=True)
        if _has_made(made_before_it_was_cut_short()):
            click.echo("(What was made before is kept: --only-missing-outputs makes the rest.)", err=True)
        if record:
            click.echo(f"(The whole traceback: {record})", err=True)
        raise click.exceptions.Exit(1) from error


def _has_made(done: Collection[str]) -> bool:
    """Tell whether nodes that are done have made more than a note of where the images are."""
    nodes = [node for each in registered().values() for node in each.nodes] if done else []
    outputs = {name for node in nodes if node.name in done for name in node.outputs}
    return any(not name.endswith(_PLACE) for name in outputs)


def _interrupted() -> click.exceptions.Exit:
    """Say once that a signal ends the command; return what ends it with that signal's code."""
    number = SIGNALS.first or signal.SIGINT
    if not SIGNALS.is_told:
        with suppress(OSError):  # the terminal is closed
            click.echo(SIGNALS.last_line(), err=True)
    return click.exceptions.Exit(128 + number)


def _write_traceback(error: BaseException, project: Path) -> str:
    """Write the whole traceback of the last error to a file; return its path."""
    path = project / FOLDER / "error.log"
    text = "".join(traceback.format_exception(error))
    logging.getLogger("kedro.run").info("The run failed.\n%s", text)
    head = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}  {shlex.join(sys.argv)}\n"
    try:
        with replacing(path) as temporary:
            temporary.write_text(head + text, encoding="utf-8", errors="backslashreplace")
    except (OSError, UserError) as failure:
        return f"could not be written, {str(failure).splitlines()[0]}"
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def user_message(error: BaseException) -> str | None:
    """Return the message to a person that an error is or was caused by; None for a defect."""
    for cause in _causes(error):
        if isinstance(cause, UserError):
            return str(cause)
        if message := memory_message(cause):
            return message
        if isinstance(cause, OSError) and (message := refused_by_the_system(cause)):
            return message
        if type(cause).__name__ == "_RemoteTraceback":
            as_text = _USER_ERROR_AS_TEXT.findall(str(cause))
            if as_text:
                return str(as_text[-1]).strip()  # the last is caused by those before it, and says more
    return None


def short_traceback(error: BaseException) -> str:
    """Return the traceback without its first frames, the plumbing that is the same for every error.

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
