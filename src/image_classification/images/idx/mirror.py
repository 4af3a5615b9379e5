"""One mirror: opening a file of it and reading it, as long as it comes, and fast enough."""

import http.client
import os
import queue
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path
from urllib.parse import unquote

from image_classification.files.paths import open_regular

_CHUNK = 256 * 1024
# Slower than any telephone line was: at this speed the four archives of MNIST, 11 MB, take three quarters of
# an hour. A mirror that sends a byte a second never falls silent, and would be waited for for months.
LEAST_SPEED = 4_000  # bytes a second
WINDOW = 20.0  # seconds over which it is measured


class FileRefusedError(Exception):
    """This mirror does not deliver this file."""


class MirrorSilentError(Exception):
    """This mirror does not answer at all, or hardly."""


class Pace:
    """Measures how fast a file comes, and gives up on what is slower than `LEAST_SPEED` over `WINDOW`.

    Args:
        clock: Tells the seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._total = 0
        # when, and how many bytes had come by then; the first is the last before the window
        self._points = deque([(clock(), 0)])

    def received(self, count: int) -> None:
        """Count bytes that have come.

        Raises:
            MirrorSilentError: Too few came lately.
        """
        now = self._clock()
        self._total += count
        self._points.append((now, self._total))
        while len(self._points) > 1 and now - self._points[1][0] >= WINDOW:
            self._points.popleft()
        since, before = self._points[0]
        seconds, came = now - since, self._total - before
        if seconds >= WINDOW and came < LEAST_SPEED * seconds:
            raise MirrorSilentError(
                f"too slow: {came} bytes in {seconds:.0f} s, less than {LEAST_SPEED / 1000:g} kB a second"
            )


def read_chunk(source: BufferedIOBase, connect_timeout: float) -> bytes:
    """Return the next bytes of the file, as many as have come; none at its end.

    Raises:
        MirrorSilentError: None came for as long as the time-out.
        FileRefusedError: The connection broke.
    """
    try:
        # read would wait until the chunk is full, however slowly it fills
        return source.read1(_CHUNK)
    except TimeoutError as error:
        raise MirrorSilentError(f"fell silent for {connect_timeout:g} s during the download") from error
    except (OSError, http.client.HTTPException) as error:
        raise FileRefusedError(f"the connection broke ({_reason(error)})") from error


def open_file(mirror: str, name: str, connect_timeout: float) -> BufferedIOBase:
    """Open a file of a mirror.

    Raises:
        MirrorSilentError: There is no answer, or no such folder.
        FileRefusedError: There is an answer, but no such file.
    """
    if not mirror.startswith("file://"):
        return _open_remote(f"{mirror.rstrip('/')}/{name}", connect_timeout)
    folder = local_folder(mirror)
    if not folder.is_dir():
        raise MirrorSilentError("there is no such folder")
    try:
        return os.fdopen(open_regular(folder / name)[0], "rb")
    except OSError as error:
        raise FileRefusedError(error.strerror or str(error)) from error


def local_folder(mirror: str) -> Path:
    """Return the folder of a file:// address; people write spaces and percent signs plainly or encoded."""
    plain = Path(mirror.removeprefix("file://"))
    return plain if plain.exists() else Path(unquote(str(plain)))


def _open_remote(url: str, connect_timeout: float) -> BufferedIOBase:
    """Open the address, or give up once it has been silent for the time-out.

    The time-out of a socket bounds each attempt to connect but not the look-up of the host's name, which
    alone can take half a minute without a network: hence the thread, left behind when nobody answers.
    """
    answers: queue.SimpleQueue[BufferedIOBase | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            # the scheme was checked when the mirrors were chosen: no file or custom scheme gets here
            answers.put(urllib.request.urlopen(url, timeout=connect_timeout))  # noqa: S310
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=connect_timeout)
    except queue.Empty:
        raise MirrorSilentError(f"no answer within {connect_timeout:g} s") from None
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        raise FileRefusedError(f"HTTP {answer.code} {answer.reason}") from answer
    if isinstance(answer, Exception):
        reason = answer.reason if isinstance(answer, urllib.error.URLError) else answer
        if isinstance(reason, TimeoutError):
            raise MirrorSilentError(f"no answer within {connect_timeout:g} s") from answer
        raise MirrorSilentError(f"no connection ({_reason(reason)})") from answer
    return answer


def _reason(error: object) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
