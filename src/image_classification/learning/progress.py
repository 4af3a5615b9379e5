"""What a person watches while a network learns: a line per epoch, and batches on the way."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Protocol

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from torch import Tensor

from image_classification.console import console, say

# Told of a batch: epoch and batch (both 1, 2, …) and its mean loss before the update.
BatchListener = Callable[[int, int, float], None]


class Means(Protocol):
    """The means over the images of an epoch so far."""

    @property
    def loss(self) -> float:
        """Of an image."""

    @property
    def accuracy(self) -> float:
        """As a share."""


class BatchReports:
    """Tells the loss of a batch whenever `every` more batches were seen; of an update, if it took several.

    Reading a loss makes the device finish its queue, so nothing is read in between.

    Args:
        every: batches between two reports; None: no reports.
        listeners: to be told.
    """

    def __init__(self, every: int | None, listeners: Sequence[BatchListener]) -> None:
        self._every = every
        self._listeners = listeners
        self._batches = 0

    def go_on_after(self, batches: int) -> None:
        """Count on from the batches that an epoch has drawn: none, unless it is taken up again."""
        self._batches = batches

    def after_update(self, epoch: int, batches: int, loss: Tensor) -> None:
        """Report if it is time.

        Args:
            epoch: 1, 2, …
            batches: drawn in this epoch so far.
            loss: of the update, a scalar on the device.
        """
        before = self._batches if batches > self._batches else 0  # a new epoch counts from the start
        self._batches = batches
        if self._every is not None and batches // self._every > before // self._every:
            value = loss.item()
            for listener in self._listeners:
                listener(epoch, batches, value)


# Reading the means makes an accelerator finish its queue, and a person reads no faster than this.
SECONDS_BETWEEN_UPDATES = 0.25


def _summary(row: Mapping[str, float]) -> str:
    """Write an epoch's row as a person reads it: losses and accuracies, training before validation."""
    text = f"loss {row['train/loss']:.4f}  accuracy {row['train/accuracy']:7.2%}"
    for split in ("validation", "test"):
        if f"{split}/loss" in row:
            text += f"  {split} loss {row[f'{split}/loss']:.4f}  accuracy {row[f'{split}/accuracy']:7.2%}"
    return text


class TrainingProgress:
    """Draws a bar per epoch on a terminal, and prints a line per epoch where there is none."""

    def __init__(self, epochs: int, batches: int, epochs_done: int = 0) -> None:
        self._epochs = epochs
        self._batches = batches
        self._epoch = epochs_done + 1
        self._next_update = 0.0
        self._task: TaskID | None = None
        self._is_drawn = console.is_terminal  # asked for once: rich looks at the environment each time
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[summary]}"),
            console=console,
            disable=not self._is_drawn,
        )

    def __enter__(self) -> "TrainingProgress":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    @property
    def _title(self) -> str:
        return f"Epoch {self._epoch:>{len(str(self._epochs))}}/{self._epochs}"

    def batch_done(self, drawn: int, means: Means) -> None:
        """Move the bar on to the batches that were drawn; look at the means only a few times a second."""
        if not self._is_drawn or (now := monotonic()) < self._next_update:
            return
        self._next_update = now + SECONDS_BETWEEN_UPDATES
        summary = _summary({"train/loss": means.loss, "train/accuracy": means.accuracy})
        if self._task is None:
            self._task = self._bars.add_task(self._title, total=self._batches, summary=summary)
        self._bars.update(self._task, completed=drawn, summary=summary)

    def epoch_done(self, row: Mapping[str, float]) -> None:
        """Complete the epoch's line with what was measured."""
        if not self._is_drawn:
            console.print(
                f"{self._title}  {row['seconds']:.1f} s  {_summary(row)}", highlight=False, soft_wrap=True
            )
        else:
            if self._task is None:
                self._task = self._bars.add_task(self._title, total=self._batches, summary="")
            self._bars.update(self._task, completed=self._batches, summary=_summary(row))
        self._epoch += 1
        self._task = None

    def batch_measured(self, epoch: int, batch: int, loss: float) -> None:  # noqa: ARG002
        """Print the loss of one batch."""
        width = len(str(self._batches))
        self.say(f"{self._title}  batch {batch:>{width}}/{self._batches}  loss {loss:.4f}")

    def say(self, text: str) -> None:
        """Print a line above what is being drawn."""
        say(text)
