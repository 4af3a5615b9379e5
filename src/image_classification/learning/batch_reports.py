"""The loss of every n-th batch, for those who want to watch within an epoch."""

from collections.abc import Callable, Sequence

from torch import Tensor

# Told of a batch: epoch and batch (both 1, 2, …) and its mean loss before the update.
BatchListener = Callable[[int, int, float], None]


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

    def after_update(self, epoch: int, batches: int, loss: Tensor) -> None:
        """Report if it is time.

        Args:
            epoch: 1, 2, …
            batches: seen in this epoch so far.
            loss: of the update, a scalar on the device.
        """
        before = self._batches if batches > self._batches else 0  # a new epoch counts from the start
        self._batches = batches
        if self._every is not None and batches // self._every > before // self._every:
            value = loss.item()
            for listener in self._listeners:
                listener(epoch, batches, value)
