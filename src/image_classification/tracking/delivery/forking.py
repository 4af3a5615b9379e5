"""Threads that talk to a store, and processes that are forked meanwhile.

A process forked in the middle of a call would inherit locks that nobody ever releases. So a fork waits for
the end of the call, but not for ever: a server may take its time.
"""

import os
import threading
from time import monotonic
from weakref import WeakSet

PATIENCE = 5.0  # seconds, for all that are talking


class ForkLock:
    """Hold it while talking: `with lock:`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_held_by_fork = self._is_given_up = False
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._is_given_up = False
        self._lock.release()

    def acquire(self, timeout: float = -1) -> bool:
        """Take it; return whether that worked within so many seconds."""
        return self._lock.acquire(timeout=timeout)

    def before_fork(self, timeout: float) -> None:
        """Wait for whoever holds it; for one whom an earlier fork has waited for in vain, no more."""
        self._is_held_by_fork = self.acquire(0.0 if self._is_given_up else timeout)
        self._is_given_up = not self._is_held_by_fork

    def after_fork(self) -> None:
        """Go on, in the process that has forked."""
        if self._is_held_by_fork:
            self._lock.release()

    def in_child(self) -> None:
        """Go on, in the new process: whoever held it is not there."""
        self._lock = threading.Lock()


_locks: WeakSet[ForkLock] = WeakSet()
_held: list[ForkLock] = []


def _before() -> None:
    _held[:] = _locks
    until = monotonic() + PATIENCE
    for lock in _held:
        lock.before_fork(max(until - monotonic(), 0.0))


def _after_in_parent() -> None:
    for lock in _held:
        lock.after_fork()


def _after_in_child() -> None:
    for lock in _held:
        lock.in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
