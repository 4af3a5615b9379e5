"""Entries under way: whoever writes one waits for it, and is told if it fails."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from image_classification.tracking.delivery.entries import METRICS, Entry

Say = Callable[[str, Exception], None]


@dataclass
class Letter:
    """An entry, what it is called, who is told if it fails, and a lock that is free once it is delivered.

    is_kept: whether it is in the file of what is missing, or is to be.
    trouble: why it is not there although it is to be.
    is_sent: whether the store has taken it, or never will.
    is_delivered: whether it is in no file any more, either.
    """

    entry: Entry
    what: str
    say: Say
    is_kept: bool = False
    trouble: str = ""
    is_sent: bool = False
    is_delivered: bool = False
    done: threading.Lock = field(default_factory=threading.Lock)


def first_of(queue: list[Letter], most: int = 200) -> list[Letter]:
    """Return the first letter, with those after it that can be sent along."""
    if queue[0].entry.kind != METRICS:
        return queue[:1]
    end = next((i for i, letter in enumerate(queue) if letter.entry.kind != METRICS), len(queue))
    return queue[: min(end, most)]
