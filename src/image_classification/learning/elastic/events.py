"""What the first process tells the driver, which shows it: JSON, a line each, on its standard output."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from time import monotonic
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from image_classification.learning.loop import EpochListener
from image_classification.learning.progress import SECONDS_BETWEEN_UPDATES, Means, TrainingProgress
from image_classification.networks import Classifier

LONGEST_LINE = 2**24
# kinds of events: what a person watches
_BEGUN, _BATCH, _EPOCH = "watched", "batch_done", "epoch_done"


class Events:
    """Sends lines to the driver, in the first process; in the others they go nowhere.

    From then on nothing else is written to the standard output of this process.

    Args:
        is_heard: whether this is the first process.
    """

    def __init__(self, *, is_heard: bool) -> None:
        self.is_heard = is_heard
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
    is_closed: whether that is no failure of a process, but the driver's decision.
    epochs: of how many the listeners know: what is trained again after a fault comes to the same.
    """

    weights: Mapping[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    is_over: bool = False
    epochs: int = 0
    refused: str = ""
    cause: str = ""
    is_closed: bool = False

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


class SentProgress(TrainingProgress):
    """Sends what there is to be seen to the driver.

    Args:
        events: where it goes.
        epochs, batches, epochs_done: as of what is shown.
    """

    def __init__(self, events: Events, epochs: int, batches: int, epochs_done: int = 0) -> None:
        super().__init__(epochs, batches, epochs_done)
        self._events = events
        self._next = 0.0
        events.send(_BEGUN, epochs=epochs, batches=batches, epochs_done=epochs_done)

    def __enter__(self) -> "SentProgress":
        """Draw nothing here, whatever the environment says of terminals."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing was drawn."""

    def batch_done(self, drawn: int, means: Means) -> None:
        """Send the means a few times a second: to read them makes an accelerator finish its queue."""
        if not self._events.is_heard or (now := monotonic()) < self._next:
            return
        self._next = now + SECONDS_BETWEEN_UPDATES
        self._events.send(_BATCH, drawn=drawn, loss=means.loss, accuracy=means.accuracy)

    def epoch_done(self, row: Mapping[str, float]) -> None:
        """Send what was measured."""
        self._events.send(_EPOCH, row=dict(row))
        self._epoch += 1


class _Told:
    """The means that were sent."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self.loss, self.accuracy = float(event["loss"]), float(event["accuracy"])


class ShownProgress:
    """Shows in the driver what the first process sends, until `close`."""

    def __init__(self) -> None:
        self._shown: TrainingProgress | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Show it, if the event is about that; processes that are started anew begin again."""
        if event["kind"] == _BEGUN:
            self.close()
            self._shown = TrainingProgress(event["epochs"], event["batches"], event["epochs_done"])
            self._shown.__enter__()
        elif self._shown and event["kind"] == _BATCH:
            self._shown.batch_done(event["drawn"], _Told(event))
        elif self._shown and event["kind"] == _EPOCH:
            self._shown.epoch_done(event["row"])

    def close(self) -> None:
        """Draw no more."""
        if self._shown:
            self._shown.__exit__(None, None, None)
        self._shown = None
