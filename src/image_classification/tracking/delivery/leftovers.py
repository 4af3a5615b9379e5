"""What earlier processes of this machine could not record, delivered by a later one."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from image_classification.processes.identity import is_gone
from image_classification.tracking.delivery.entries import (
    END,
    METRICS,
    STORED,
    Entry,
    counted,
    is_refused,
    merged,
    without_end,
)
from image_classification.tracking.delivery.journal import (
    DamagedJournalError,
    keep_only,
    lock_of,
    read,
    remove,
)
from image_classification.tracking.store.place import Store

# appended to the name of what belongs to a run that is not there any more, or to one that nobody knows
LOST, DAMAGED = ".lost", ".damaged"
_ABSENT = ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)
# seconds in which a store that has failed has to show a sign of life to be asked for more
PATIENCE = 2.0
# seconds in which another process has to have delivered what a run needs now
WAIT_FOR_ANOTHER = 20.0

logger = logging.getLogger(__name__)


def deliver_leftovers(
    client: MlflowClient,
    store: Store,
    folder: Path,
    run_id: str | None = None,
    then: Callable[[str, str], None] = lambda _run_id, _status: None,
) -> None:
    """Record what processes that have ended kept for this store, and say so in a line for each run.

    What cannot be delivered does not hold up what other files hold.

    Args:
        client: of the store.
        store: where the runs are.
        folder: where what could not be recorded is kept.
        run_id: of the run that is looked for; None for all.
        then: told of each run whose end was delivered, and how it has ended.

    Raises:
        Exception: the store does not take some of it; that is kept.
    """
    failure: Exception | None = None
    for path in sorted(folder.glob("*.jsonl")):
        try:
            with _alone(path, 0.0 if run_id is None else WAIT_FOR_ANOTHER):
                if (kept := _read(path)) is None:
                    continue
                about, process, entries = kept
                is_meant = about["store"] == store.shown and run_id in {None, about["run_id"]}
                if is_meant and is_gone(process):
                    _deliver(client, about["run_id"], process, path, entries, then)
        except Timeout as error:
            if run_id is not None:
                failure = failure or error
        except Exception as error:
            failure = failure or error
            if not store.is_reachable(PATIENCE):
                break
    if failure:
        raise failure


def runs_whose_end_is_kept(folder: Path) -> set[str]:
    """Return the ids of runs that have ended in a way that the store has not taken yet."""
    ended = set()
    for path in folder.glob("*.jsonl"):
        with suppress(OSError, ValueError):
            about, _, entries = read(path)
            ended |= {about["run_id"]} if any(entry.kind == END for entry in entries) else set()
    return ended


@contextmanager
def _alone(path: Path, wait: float) -> Iterator[None]:
    """Deliver a file in one process at a time: of two that send equal metrics at once MLflow refuses one.

    Raises:
        Timeout: another process still delivers it.
    """
    lock = FileLock(lock_of(path), timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        raise
    except OSError:  # the folder is gone, as all is delivered, or it cannot be written
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):
                lock_of(path).unlink(missing_ok=True)
            lock.release()


def _read(path: Path) -> tuple[dict[str, str], dict[str, str], list[Entry]] | None:
    """Read what was kept; set aside what is damaged, and say so once."""
    try:
        return read(path)
    except DamagedJournalError:
        with suppress(OSError):
            aside = path.rename(path.with_name(path.name + DAMAGED))
            logger.warning(
                "%s is damaged: it does not say to which run it belongs. It is kept as %s.", path, aside.name
            )
    except (OSError, ValueError):  # somebody else was faster, or is about to write it
        pass
    return None


def _deliver(
    client: MlflowClient,
    run_id: str,
    process: Mapping[str, str],
    path: Path,
    entries: list[Entry],
    then: Callable[[str, str], None],
) -> None:
    try:
        tags = client.get_run(run_id).data.tags
    except (MlflowException, UnicodeError) as error:
        if getattr(error, "error_code", "") != _ABSENT and not is_refused(error):
            raise
        lost = path.rename(path.with_name(path.name + LOST))
        logger.warning("The run %s is no longer in the store; what it lacked is in %s.", run_id, lost)
        return
    if any(tags.get(name, value) != value for name, value in process.items()):
        entries = without_end(entries)  # another process has gone on with it since
    entries = [found for entry in entries if (found := _beside(path, entry))]
    _send_all(path, entries, client, run_id, then)


def _send_all(
    path: Path, entries: Sequence[Entry], client: MlflowClient, run_id: str, then: Callable[[str, str], None]
) -> None:
    """Send entries; the journal keeps those that remain."""
    # a storage of files that fails holds up nothing else, least of all how the run has ended
    stored = [entry for entry in entries if entry.kind in STORED]
    others = merged([entry for entry in entries if entry.kind not in STORED])
    delivered = list(_taken(others, client, run_id))
    for end in [entry for entry in delivered if entry.kind == END]:
        then(run_id, end.content["status"])
    try:
        for entry in stored[:]:
            delivered += _taken([entry], client, run_id)
            stored.remove(entry)
    finally:
        if stored:
            keep_only(path, stored)
        else:
            remove(path)
        if delivered:
            logger.info("Recorded what the run %s still lacked: %s.", run_id, counted(delivered))


def _beside(path: Path, entry: Entry) -> Entry | None:
    """Take the copy of a file beside the journal, as the project may have moved; None if there is none."""
    if entry.kind not in STORED:
        return entry
    copies, before = path.with_suffix(".files"), Path(entry.content["path"])
    above = [each for each in before.parents if each.name == copies.name]
    if not above:
        return None
    copy = copies / before.relative_to(above[0])
    is_there = copy.exists() and copy.resolve().is_relative_to(copies.resolve())
    return Entry(entry.kind, {**entry.content, "path": str(copy)}) if is_there else None


def _taken(entries: list[Entry], client: MlflowClient, run_id: str) -> Iterator[Entry]:
    for entry in entries:
        try:
            entry.send(client, run_id)
        except (MlflowException, OSError, UnicodeError) as error:
            if not is_refused(error) and not isinstance(error, FileNotFoundError):
                raise
            logger.debug("The run %s takes no %s: %s", run_id, entry.kind, error)
            if entry.kind == METRICS and len(entry.content) > 1:  # one of many may be at fault
                yield from _taken([Entry(METRICS, [each]) for each in entry.content], client, run_id)
        else:
            yield entry
