"""What earlier processes of this machine could not record, delivered by a later one."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from image_classification.processes.identity import is_gone
from image_classification.tracking.delivery.entries import Entry, counted, is_refused, merged
from image_classification.tracking.delivery.journal import read, remove
from image_classification.tracking.store.place import Store

LOST = ".lost"  # appended to the name of what belongs to a run that is not there any more

logger = logging.getLogger(__name__)


def deliver_leftovers(client: MlflowClient, store: Store, folder: Path, run_id: str | None = None) -> None:
    """Record what processes that have ended kept for this store, and say so in a line for each run.

    Args:
        client: of the store.
        store: where the runs are.
        folder: where what could not be recorded is kept.
        run_id: of the run that is looked for; None for all.

    Raises:
        Exception: the store does not take it; it is kept.
    """
    for path in sorted(folder.glob("*.jsonl")):
        with suppress(OSError, ValueError):  # somebody else was faster, or it is none of ours
            about, process, entries = read(path)
            if about["store"] == store.shown and run_id in {None, about["run_id"]} and is_gone(process):
                _deliver(client, about["run_id"], path, entries)


def _deliver(client: MlflowClient, run_id: str, path: Path, entries: list[Entry]) -> None:
    try:
        client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            raise
        lost = path.rename(path.with_name(path.name + LOST))
        logger.warning("The run %s is no longer in the store; what it lacked is in %s.", run_id, lost)
        return
    for entry in _taken(merged(entries), client, run_id):
        logger.debug("Delivered %s to the run %s", entry.kind, run_id)
    remove(path)
    logger.info("Recorded what the run %s still lacked: %s.", run_id, counted(entries))


def _taken(entries: list[Entry], client: MlflowClient, run_id: str) -> Iterator[Entry]:
    for entry in entries:
        try:
            entry.send(client, run_id)
        except (MlflowException, OSError) as error:
            if not is_refused(error) and not isinstance(error, FileNotFoundError):
                raise
            logger.debug("The run %s takes no %s: %s", run_id, entry.kind, error)
        else:
            yield entry
