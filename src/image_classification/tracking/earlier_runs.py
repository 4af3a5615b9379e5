"""Runs that processes of this machine left open: a record must not say for ever that its run goes on."""

import logging
from collections.abc import Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from image_classification.processes.identity import HOST, NUMBER, is_gone, this_process
from image_classification.tracking.beginning.sharing import settle_shared
from image_classification.tracking.delivery.entries import ERROR, KILLED_BY
from image_classification.tracking.delivery.leftovers import deliver_leftovers, runs_whose_end_is_kept
from image_classification.tracking.description import record_description
from image_classification.tracking.results import close
from image_classification.tracking.run import TrackedRun

REASON = "its process ended without a word, as by SIGKILL or a power cut"
# the most runs that are closed at once; the others are when the next run begins
MOST_RUNS = 50
# what a run records again and again, so that the last one tells how long it lived
SIGNS_OF_LIFE = ("train/loss", "system/system_memory_usage_percentage")

logger = logging.getLogger(__name__)


def settle_earlier_runs(run: TrackedRun, folder: Path) -> None:
    """Record what earlier runs of this machine could not, and close those whose process has ended.

    Runs of other machines, of other programs and of processes that live are left alone.

    Args:
        run: the run that has just been opened.
        folder: where what could not be recorded is kept.
    """
    run.aside("What earlier runs left", lambda: _deliver(run, folder))
    closed = run.aside("The end of earlier runs", lambda: _close_all(run, folder))
    if closed:
        names = ", ".join(str(each.info.run_name) for each in closed)
        logger.info("Closed as KILLED, since %s: %s", REASON.replace("its", "their", 1), names)


def _deliver(run: TrackedRun, folder: Path) -> None:
    deliver_leftovers(
        run.client, run.store, folder, then=lambda run_id, status: _describe(run, run_id, status)
    )


def _describe(run: TrackedRun, run_id: str, status: str) -> None:
    """Describe a run whose end has been delivered now: its own process could not read its record."""
    ended = TrackedRun(run_id, run.store.uri)
    tags = run.client.get_run(run_id).data.tags
    ended.aside(
        "Its description",
        lambda: record_description(ended, status, tags.get(ERROR) or tags.get(KILLED_BY, "")),
    )
    ended.close()


def _close_all(run: TrackedRun, folder: Path) -> list[Run]:
    kept = runs_whose_end_is_kept(folder)  # their processes have said how they end
    found = [each for each in _running_here(run.client) if each.info.run_id not in kept]
    return [each for each in found if _close(run, each)]


def _running_here(client: MlflowClient) -> Sequence[Run]:
    """Return runs of all experiments that are marked as running and belong to processes of this host."""
    experiments = [each.experiment_id for each in client.search_experiments()]
    host = this_process()[HOST].replace("'", "")
    marked = f"attributes.status = 'RUNNING' and tags.`{HOST}` = '{host}' and tags.`{NUMBER}` != ''"
    found = client.search_runs(experiments, marked, max_results=MOST_RUNS, order_by=["attributes.start_time"])
    return [run for run in found if is_gone(run.data.tags)]


def _close(run: TrackedRun, earlier: Run) -> bool:
    """Close an earlier run at the time of its last sign of life; return whether that worked.

    One that others go on with is left to them.
    """
    if settle_shared(run.client, earlier):
        return False
    points = [
        point.timestamp
        for name in SIGNS_OF_LIFE
        for point in run.client.get_metric_history(earlier.info.run_id, name)
    ]
    at = max([earlier.info.start_time, *points])
    left = TrackedRun(earlier.info.run_id, run.store.uri)
    return close(left, SystemExit(), REASON, at=at) == "KILLED"
