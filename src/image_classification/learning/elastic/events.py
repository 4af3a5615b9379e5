"""What the first process tells the driver: JSON, a line each, on its standard output."""

import json
import os
import sys
from collections.abc import Mapping
from io import TextIOBase
from typing import Any

LONGEST_LINE = 2**24


class Events:
    """Sends lines to the driver, in the first process; in the others they go nowhere.

    From then on nothing else is written to the standard output of this process.

    Args:
        is_heard: whether this is the first process.
    """

    def __init__(self, *, is_heard: bool) -> None:
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8") if is_heard else None
        sys.stdout.flush()
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)

    def send(self, kind: str, **what: Any) -> None:
        """Send an event."""
        if self._file:
            self._file.write(json.dumps({"kind": kind, **what}) + "\n")
            self._file.flush()


class SaidToDriver(TextIOBase):
    """A file of text whose lines are sent to the driver, for the console to write to."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._text = ""

    def write(self, text: str) -> int:
        """Send all lines that are whole."""
        *lines, self._text = (self._text + text).split("\n")
        for line in lines:
            self._events.send("said", text=line)
        return len(text)


def parsed(line: str) -> Mapping[str, Any] | None:
    """Read an event; None for what is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "kind" in found else None
