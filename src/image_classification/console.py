"""What a person sees while something runs: one console, one way to draw progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from image_classification.remote.names import named
from image_classification.words import printable


class PlainConsole(Console):
    """A console that shows texts to the letter: names are neither markup nor commands."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False)

    def render_str(self, text: str, **look: Any) -> Text:
        """Make a text of a string, also of one in a table."""
        return super().render_str(printable(text, keep="\n\t"), **look)


console = PlainConsole()


def say(text: str) -> None:
    """Print a line as it is; a terminal wraps it, a log keeps it whole."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Print nothing within the block, of what many trainings would say again and again."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


_unheard: ContextVar[bool] = ContextVar("unheard", default=False)


@contextmanager
def unheard() -> Iterator[None]:
    """Keep what is logged within the block, in this thread, from the console: it is said again elsewhere."""
    token = _unheard.set(True)
    try:
        yield
    finally:
        _unheard.reset(token)


def is_heard() -> bool:
    """Tell whether what is logged here and now is for the console."""
    return not _unheard.get()


@contextmanager
def progress_bar(description: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Draw a bar that is advanced by calling the yielded function with the number of finished units.

    Where the output is no terminal (a log file, a pipe) nothing is drawn: a log wants lines, not frames.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=total)
        yield lambda finished: progress.advance(task, finished)


def shown_path(path: Path) -> Path | str:
    """A path as somebody in the current folder would write it, where that is shorter; or its address."""
    if (address := named(path)) != str(path):
        return address
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
