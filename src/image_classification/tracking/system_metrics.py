"""How busy the machine is while a run is open: processors, memory, GPUs."""

import logging
import os
import threading
from contextlib import suppress
from typing import Any

from mlflow.entities import Metric
from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor
from mlflow.system_metrics.metrics.rocm_monitor import ROCMMonitor

from image_classification.tracking.announcement import RUN_ID
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.delivery.forking import ForkLock
from image_classification.tracking.failures import PatientAttempts
from image_classification.tracking.run import TrackedRun

# MLflow shows metrics of this group on a page of their own
GROUP = "system"

SAMPLING = ForkLock()

logger = logging.getLogger(__name__)


class SystemMetrics:
    """Record what MLflow's own monitors measure, at regular intervals and once more at the end.

    MLflow's own thread is not used: it records nothing in a run that is shorter than its interval, and hangs
    at the end of a run whose server has gone.

    Args:
        run: the open run.
        interval: seconds between two records.
    """

    def __init__(self, run: TrackedRun, interval: float) -> None:
        self._run = run
        # Not worth a warning: a store that fails is reported by what is missed more.
        self._attempts = PatientAttempts(lambda what, error: logger.debug("%s: %s", what, error))
        self._interval = interval
        self._monitors = monitors()
        self._step = 0
        self._stopped = threading.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._watch, name="system metrics", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Record a last time and stop; wait at most `timeout` seconds for a store that does not answer."""
        self._stopped.set()
        if os.getpid() == self._process:
            self._thread.join(timeout)

    def _watch(self) -> None:
        # psutil measures processors since this thread last asked, and says 0 the first time
        self._measure()
        while not self._stopped.wait(self._interval):
            with SAMPLING:
                self._record()
        with SAMPLING:
            self._record()

    def _record(self) -> None:
        self._step += 1
        self._attempts.attempt("The use of the machine could not be recorded", self._send)

    def _send(self) -> None:
        now = timestamp()
        metrics = [
            Metric(f"{GROUP}/{name}", float(value), now, self._step)
            for name, value in self._measure().items()
        ]
        # it may go on in the run of earlier commands
        run_id = os.environ.get(RUN_ID, self._run.run_id)
        self._run.client.log_batch(run_id, metrics=metrics)

    def _measure(self) -> dict[str, float]:
        measured: dict[str, float] = {}
        for monitor in self._monitors:
            monitor.collect_metrics()
            measured |= monitor.aggregate_metrics()
            monitor.clear_metrics()
        return measured


def monitors() -> list[Any]:
    """Return MLflow's monitors of processors and memory and, where there are some, of NVIDIA's or AMD's GPUs.

    They ask the driver, not CUDA, so a process may still be forked afterwards.
    """
    kinds: list[Any] = [CPUMonitor, GPUMonitor, ROCMMonitor]
    found = []
    for kind in kinds:
        # whatever is missing: the library, the driver, the device
        with suppress(Exception):
            found.append(kind())
    return found
