"""What the first process tells the driver: JSON, a line each, on its standard output."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from image_classification.learning.loop import EpochListener
from image_classification.networks import Classifier

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


def taken(path: str) -> dict[str, Tensor]:
    """Read tensors, and remove their file."""
    tensors = load_file(path)
    Path(path).unlink()
    return tensors


@dataclass
class Followed:
    """What is known of a training so far.

    weights: of the network, the last that were sent.
    history: a row per epoch, once it is over.
    refused: what a person has to change.
    cause: why it ended early, in words.
    epochs: of how many the listeners know: what is trained again after a fault comes to the same.
    rounds: how often its processes were started.
    """

    weights: Mapping[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    is_over: bool = False
    epochs: int = 0
    refused: str = ""
    cause: str = ""
    rounds: int = 0

    def take_epoch(
        self, event: Mapping[str, Any], network: Classifier, on_epoch: Sequence[EpochListener]
    ) -> None:
        """Give the network the weights after an epoch, and tell the listeners, unless they know it."""
        weights = taken(event["weights"])
        if event["epoch"] > self.epochs:
            self.epochs = event["epoch"]
            network.load_state_dict(weights)
            for listener in on_epoch:
                listener(event["epoch"], event["row"])
