"""Where the messages of a run go: ours to the console as plain lines, and everything to a log file."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.text import Text

from image_classification.console import console, is_heard
from image_classification.remote.names import named
from image_classification.words import printable

FOLDER = ".logs"
LARGEST_FILE = 1_000_000  # bytes; the one before is kept
OURS = "image_classification"
_COMPLETED = "Completed node: "  # as Kedro says it
# Warnings for the authors of libraries: nobody who runs a pipeline can act on them. Some libraries announce
# deprecations with a category that is meant for users.
FOR_AUTHORS = ("DeprecationWarning", "FutureWarning", "ResourceWarning")
# plotly changes the format of warnings for the whole process: an empty line follows the category
_PYTHON_WARNING = re.compile(r"^(?P<file>.*?):\d+: (?P<kind>\w*):\s+(?P<message>.*)", re.DOTALL)


class ConsoleHandler(logging.Handler):
    """Print our own messages, and the warnings of others, as one line each without time and place.

    Attributes:
        is_cut_short: whether Kedro has said that a part of the run is done, and the rest is not.
        completed: names of the nodes that are done.
    """

    is_cut_short = False

    def __init__(self) -> None:
        super().__init__()
        self.completed: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep what a person watching the run should read."""
        if record.name == "py.warnings":
            found = _PYTHON_WARNING.match(record.getMessage())
            return not (found and _is_for_authors(**found.groupdict()))
        if record.name.startswith("kedro"):
            # Kedro logs an error before it raises it, and how to go on before anybody knows why.
            # kedro-viz reports each run that it does not animate.
            message = record.getMessage()
            self.is_cut_short |= "nodes that have not run" in message
            if message.startswith(_COMPLETED):
                self.completed.add(message.removeprefix(_COMPLETED))
            return record.levelno == logging.WARNING and not record.name.startswith(
                ("kedro_viz", "kedro.runner")
            )
        if record.name.split(".")[0] == OURS:
            return record.levelno >= (logging.INFO if is_heard() else logging.ERROR)
        return record.levelno >= logging.WARNING

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message; above a progress bar, if one is drawn."""
        try:
            message = named(record.getMessage())
            if record.name == "py.warnings" and (found := _PYTHON_WARNING.match(message)):
                message = found["message"].splitlines()[0]
            if record.levelno >= logging.WARNING:
                message = f"{record.levelname.capitalize()}: {message}"
                console.print(Text(printable(message, keep="\n\t"), style="yellow"), soft_wrap=True)
            else:
                console.print(Text(printable(message, keep="\n\t")), soft_wrap=True)
        except Exception:
            self.handleError(record)


def _is_for_authors(file: str, kind: str, message: str) -> bool:
    # Kedro itself advises on the names of datasets and the like, run for run
    return kind.endswith(FOR_AUTHORS) or "deprecated" in message or "/kedro/" in Path(file).as_posix()


class LogFileHandler(logging.FileHandler):
    """Append to a file, until that fails: a full disk is said once, and is no reason for a run to fail."""

    _has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message, unless an earlier one could not be written."""
        if not self._has_failed:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the name that logging gives it)
        """Say why the file ends here; an error in a message itself is shown as ever."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._has_failed = True
        reason = error.strerror or str(error)
        logging.getLogger(__name__).warning("The log file %s ends here: %s", self.baseFilename, reason)

    def close(self) -> None:
        """Close the file; what its buffer still holds may not fit on the disk."""
        with suppress(OSError):
            super().close()


class _Named(logging.Formatter):
    """Name copies of what is remote by the addresses of that, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines for the file."""
        return named(super().format(record))


def made_before_it_was_cut_short() -> set[str]:
    """Return the names of the nodes that were done when the run that is logged has failed."""
    handlers = [each for each in logging.getLogger().handlers if isinstance(each, ConsoleHandler)]
    return {name for each in handlers if each.is_cut_short for name in each.completed}


@contextmanager
def run_logging(project_path: Path | None) -> Iterator[None]:
    """Log to the console and to `.logs/info.log` of the project, whatever the current folder.

    If the log file cannot be written (a read-only folder), the run goes on without it. Without a project
    there is none: the current folder is anybody's.
    """
    root, chatty = logging.getLogger(), [logging.getLogger(name) for name in ("kedro", "py.warnings")]
    before = root.handlers[:], root.level, [logger.level for logger in chatty]
    handlers: list[logging.Handler] = [ConsoleHandler()]
    root.handlers[:] = handlers
    if project_path:
        path = project_path / FOLDER / "info.log"
        try:
            handlers.append(_file_handler(path))
        except OSError as error:
            logging.getLogger(__name__).warning("There will be no log file %s: %s", path, error.strerror)
    root.handlers[:] = handlers
    root.setLevel(logging.INFO)
    # conf/logging.yml mutes them for other commands; here the console chooses, and the file has all
    for logger in chatty:
        logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        root.handlers[:], level, levels = before
        root.setLevel(level)
        for logger, before_level in zip(chatty, levels, strict=True):
            logger.setLevel(before_level)
        for handler in handlers:
            handler.close()


def _file_handler(path: Path) -> logging.Handler:
    """Append to the file; a large one is put aside before the run, as processes share it during the run."""
    path.parent.mkdir(exist_ok=True)
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        path.replace(path.with_suffix(".1.log"))
    handler = LogFileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(_Named("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler
