"""How far a fetch has come: a bar in a terminal, elsewhere a line now and then."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from image_classification.console import console, progress_bar
from image_classification.remote.listing import RemoteFile
from image_classification.words import in_bytes

logger = logging.getLogger(__name__)

_BETWEEN_LINES = 10.0


class Progress:
    """What of some files is here."""

    def __init__(
        self,
        files: Sequence[RemoteFile],
        advance: Callable[[int], None],
        seconds: float = _BETWEEN_LINES,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin.

        Args:
            files: that are fetched.
            advance: moves a bar by a number of files.
            seconds: between two lines.
            clock: tells the time in seconds.
        """
        self._total = len(files)
        self._size = sum(file.size or 0 for file in files)
        self._advance = advance
        self._seconds, self._clock = seconds, clock
        self._said = clock()
        self._done = 0
        self._came: dict[str, int] = {}

    def came(self, file: RemoteFile, size: int) -> None:
        """Note how many bytes of a file are here."""
        self._came[file.path] = size

    def tell(self, finished: int = 0) -> None:
        """Move the bar by as many files as were finished; say how far it is if that was long ago."""
        self._done += finished
        self._advance(finished)
        if console.is_terminal or self._clock() - self._said < self._seconds:
            return
        self._said = self._clock()
        of = f" of {in_bytes(self._size)}" if self._size else ""
        came = in_bytes(sum(list(self._came.values())))
        logger.info("Fetched %s of %s files (%s%s).", f"{self._done:,}", f"{self._total:,}", came, of)


@contextmanager
def progress_of(files: Sequence[RemoteFile]) -> Iterator[Progress]:
    """Show how far the fetching of files has come while the block lasts."""
    with progress_bar("Fetching", len(files), "files") as advance:
        yield Progress(files, advance)
