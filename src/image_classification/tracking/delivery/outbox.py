"""Entries on their way to the store: sent in order by a thread, kept in a file while the store fails.

Whoever writes may be interrupted between any two instructions. So it shares no lock with the thread: it hands
over an entry in one step, and waits for a lock of the entry's own.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

from mlflow import MlflowClient

from image_classification.processes.signals import SIGNALS
from image_classification.tracking.delivery.entries import METRICS, STORED, Entry, is_refused, merged
from image_classification.tracking.delivery.forking import ForkLock
from image_classification.tracking.delivery.journal import Journal
from image_classification.tracking.delivery.letters import Letter, Say, first_of
from image_classification.tracking.store.place import Store

# seconds until a store that failed is tried again: at first, and after many failures
SOON, LATE = 0.5, 10.0
# a store that fails this quickly so often is not worth waiting for at the end
QUICK, QUICK_FAILURES = 1.0, 3
# seconds that remain to the end of a run after a second Ctrl-C
HURRY = 3.0
# entries that are kept while a store fails: weeks of a training
MOST_ENTRIES = 200_000


class Outbox:
    """What one process writes to one run.

    Args:
        run_id: of the run.
        store: where it is.
        folder: where what the store does not take is kept.

    Attributes:
        client: of the store; to open one may fail and take time, so the thread does that.
        is_failing: whether the store did not take what it was sent last, or not in time; its storage of files
            may fail alone, which holds up nothing else.
        said: what has been said to have failed, by all in this process that write to the run.
        refused: how many entries the store will never take, or there was no room for.
        is_closed: whether nobody means to write any more: the thread ends once all is delivered.
        run_name: of the run, as this process has named it; empty if it has not.
    """

    def __init__(self, run_id: str, store: Store, folder: Path) -> None:
        self.run_id, self.store = run_id, store
        self.journal = Journal(folder, run_id, store)
        self.client: MlflowClient | None = None
        self.is_failing = False
        self._has_kept = False  # something in the file of what is missing
        self.refused = 0
        self.run_name = ""
        self.said: set[str] = set()
        self._inbox: SimpleQueue[Letter | None] = SimpleQueue()
        self._queue: list[Letter] = []  # of the thread alone
        self._sending = ForkLock()
        self._failures = 0  # one after the other
        self._quick_failures = 0
        self._try_at = 0.0
        self.is_closed = False
        self._thread = self._started_thread()

    def open_client(self) -> MlflowClient:
        """Return the client; raise at once where MLflow would try for minutes, or create a new database."""
        self.store.require_database()
        if self.client is None:
            self.store.require_database(writable_within=SOON)
            self.client = MlflowClient(self.store.uri)
        return self.client

    def put(self, entry: Entry, what: str, say: Say, wait: float, *, try_hard: bool = False) -> bool:
        """Have an entry sent; return whether it was, and all before it.

        Args:
            entry: what is sent.
            what: what it is called in a message.
            say: told of what has failed.
            wait: at most so many seconds; no time at all if the store fails already.
            try_hard: wait for a store that fails, too, unless it does so at once and again and again.
        """
        if len(self._queue) >= MOST_ENTRIES and entry.kind == METRICS:
            self.refused += 1
            return False
        letter = Letter(entry, what, say)
        letter.done.acquire()
        waits = wait if try_hard or not self.is_failing else 0.0
        self._inbox.put(letter)
        self._keep_working()
        (self._wait_hard if try_hard else self._wait)(letter, monotonic() + waits)
        if not letter.is_delivered:
            self._has_kept = letter.is_kept = True
            self.is_failing |= entry.kind not in STORED
            self.journal.keep(letter)
            if letter.is_sent:  # meanwhile: the thread may have removed the file before that was written
                self.journal.forget(letter)
                self._has_kept = True
                self._wake()
        return letter.is_sent

    @property
    def is_over(self) -> bool:
        """Whether nobody means to write any more, and all is delivered."""
        return self.is_closed and not self._queue and not self._thread.is_alive()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way."""
        return not self._queue and self._inbox.empty()

    def kept(self) -> list[Entry]:
        """Return what is in the file because it is not delivered yet."""
        return [] if self.is_empty else self.journal.entries()

    def close(self) -> None:
        """Say that this process writes no more to the run."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._inbox.put(None)
        with suppress(RuntimeError):  # the interpreter is on its way out
            self._keep_working()

    def _keep_working(self) -> None:
        if not self._thread.is_alive():
            self._thread = self._started_thread()

    def _started_thread(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        thread.start()
        return thread

    def _wait(self, letter: Letter, until: float) -> None:
        while not letter.is_delivered and not self.is_failing and (left := until - monotonic()) > 0:
            self._keep_working()
            letter.done.acquire(timeout=min(left, SOON / 10))

    def _wait_hard(self, letter: Letter, until: float) -> None:
        self._quick_failures = 0
        while not letter.is_delivered and self._quick_failures < QUICK_FAILURES:
            if SIGNALS.is_hurried:
                until = min(until, monotonic() + HURRY)
            left = until - monotonic()
            if left <= 0:
                return
            if self._failures:
                self._inbox.put(None)  # try again
            self._keep_working()
            letter.done.acquire(timeout=min(left, SOON))

    def _work(self) -> None:
        while not (self.is_closed and self.is_empty):
            self._receive(self._try_at - monotonic() if self._queue else None)
            if (
                self._failures
                and self._queue[:1]
                and self._queue[0].entry.kind in STORED
                and self._pass_files()
            ):
                self._try_at = 0.0
            if self._queue and self._try_at <= monotonic():
                self._send(first_of(self._queue))
            self._tidy()

    def _tidy(self) -> None:
        """Remove the file of what was missing once nothing is."""
        if all(letter.entry.kind in STORED for letter in self._queue) and self._inbox.empty():
            self.is_failing = False
        while self._has_kept and self.is_empty:
            self._has_kept = False
            self.journal.remove()
            # whoever has written into it since had handed over the entry before
            self._receive(0.0)
            for letter in self._queue:
                if letter.is_kept:
                    self._has_kept = True
                    self.journal.keep(letter)

    def _receive(self, seconds: float | None) -> None:
        """Take what has arrived; wait for it at most so many seconds, None for as long as it takes."""
        try:
            letter = self._inbox.get(timeout=None if seconds is None else max(seconds, 0.0))
            while True:
                if letter:
                    self._queue.append(letter)
                else:
                    self._try_at = 0.0
                letter = self._inbox.get_nowait()
        except Empty:
            return

    def _send(self, letters: list[Letter]) -> None:
        (entry,) = merged([letter.entry for letter in letters])
        started = monotonic()
        try:
            with self._sending:
                entry.send(self.open_client(), self.run_id)
        except Exception as error:
            self._failed(letters, error, monotonic() - started)
            return
        self._failures = 0
        self._settle(letters)

    def _settle(self, letters: list[Letter]) -> None:
        for letter in letters:
            letter.is_sent = True
            self.journal.forget(letter)
        del self._queue[: len(letters)]
        self._tidy()
        for letter in letters:
            letter.is_delivered = True
            letter.done.release()

    def _failed(self, letters: list[Letter], error: Exception, took: float) -> None:
        if is_refused(error):
            self.refused += len(letters)
            self._settle(letters)
        elif letters[0].entry.kind in STORED and self._pass_files():
            pass  # what needs no storage of files goes first; only then are files tried again
        else:
            self._failures += 1
            self._quick_failures += took < QUICK
            self._try_at = monotonic() + min(LATE, SOON * 2.0 ** min(self._failures, 10))
        letters[0].say(letters[0].what, error)
        self.is_failing |= self._failures > 0 and letters[0].entry.kind not in STORED

    def _pass_files(self) -> bool:
        """Put what goes into the storage of files behind all else; return whether there is anything else."""
        others = [letter for letter in self._queue if letter.entry.kind not in STORED]
        self._queue = [*others, *(letter for letter in self._queue if letter.entry.kind in STORED)]
        return bool(others)


_outboxes: dict[tuple[int, str, str], Outbox] = {}
_creating = threading.Lock()


def outbox_of(run_id: str, store: Store, folder: Path) -> Outbox:
    """Return the outbox of this process for a run: there is one, so that all is sent in order.

    Those that are over are forgotten.
    """
    key = (os.getpid(), run_id, store.uri)
    with _creating:
        for other in [other for other, each in _outboxes.items() if each.is_over]:
            del _outboxes[other]
        if key not in _outboxes:
            _outboxes[key] = Outbox(run_id, store, folder)
        _outboxes[key].is_closed = False
        return _outboxes[key]
