"""The metrics of a training, sent epoch by epoch."""

from collections.abc import Callable, Mapping
from time import perf_counter

import torch
from mlflow.entities import Metric

from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.device import choose_device
from image_classification.tracking.description import BestEpoch
from image_classification.tracking.origin import record_data
from image_classification.tracking.run import TrackedRun, timestamp, uninterrupted

# a store that fails may cost the training at most one part in this many of its time
PATIENCE = 10
# the most metrics that MLflow takes at once
LARGEST_BATCH = 1000


class EpochMetrics:
    """Sends the metrics of each epoch in one call, which takes about 5 ms on SQLite.

    What a store does not take is kept and sent along with a later epoch. A store that is slow to fail is
    left alone for `PATIENCE` times as long as the failure took.
    """

    def __init__(self, run: TrackedRun, clock: Callable[[], float] = perf_counter) -> None:
        self._run = run
        self._clock = clock
        self._best = BestEpoch()
        self._unsent: list[Metric] = []
        self._wait_until = float("-inf")

    def __call__(self, epoch: int, row: Mapping[str, float]) -> None:
        """Record the metrics of an epoch at step `epoch`."""
        measured = {_name(name): value for name, value in row.items()} | self._best.after(epoch, row)
        self._unsent += [Metric(name, float(value), timestamp(), epoch) for name, value in measured.items()]
        started = self._clock()
        if started < self._wait_until:
            return
        try:
            uninterrupted(self._send)
        except Exception as error:
            self._run.warn(f"The metrics of epoch {epoch}", error)
            finished = self._clock()
            self._wait_until = finished + PATIENCE * (finished - started)

    def _send(self) -> None:
        while self._unsent:
            self._run.client.log_batch(self._run.run_id, metrics=self._unsent[:LARGEST_BATCH])
            del self._unsent[:LARGEST_BATCH]


def _name(name: str) -> str:
    """test/… is what the network is worth that is kept in the end: one figure, which runs are ranked by.

    A run takes longer than its epochs: what an epoch takes has a name of its own.
    """
    if name == "seconds":
        return "epoch_seconds"
    return name.replace("test/", "test_each_epoch/", 1) if name.startswith("test/") else name


def record_training(run_id: str, store_uri: str, statistics: ImageStatistics) -> EpochMetrics:
    """Record on which data and device the run trains; return what records its epochs."""
    run = TrackedRun(run_id, store_uri)
    record_data(run, statistics)
    if record := run.read():
        # only here: to look for a GPU in the process that forks the one that trains would spoil it for both
        run.attempt("The device", lambda: _record_device(run, record.data.params.get("training.device")))
    return EpochMetrics(run)


def _record_device(run: TrackedRun, name: str | None) -> None:
    device = choose_device(name or "auto")
    model = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    run.set_tags({"device": f"{device}{model}"})
