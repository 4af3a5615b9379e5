"""Calls of a store beside the thread that waits for their results."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from image_classification.processes.signals import SIGNALS

Result = TypeVar("Result")

HURRY = 3.0  # seconds that a call may still take after a second Ctrl-C


class NoAnswerError(Exception):
    """A store has not answered in time."""


@dataclass
class _Call:
    """A call and what came of it; its lock is free once it is over."""

    action: Callable[[], Any]
    result: Any = None
    error: BaseException | None = None
    is_over: bool = False
    # of its own: an interruption may leave any lock of whoever waits locked for ever
    over: threading.Lock = field(default_factory=threading.Lock)

    def make(self) -> None:
        try:
            self.result = self.action()
        except BaseException as error:
            self.error = error
        self.is_over = True
        self.over.release()


def within(seconds: float, question: Callable[[], bool]) -> bool:
    """Ask beside this thread, and take no answer in time for a no: to look up a name may take minutes."""
    answer = _Call(question)
    answer.over.acquire()
    try:
        threading.Thread(target=answer.make, name="tracking question", daemon=True).start()
    except RuntimeError:  # the interpreter is on its way out
        return False
    answer.over.acquire(timeout=seconds)
    return bool(answer.is_over and answer.result)


class Lane:
    """A thread that makes one call after the other.

    Python raises what a signal causes in the main thread, between any two instructions. In the middle of a
    transaction that leaves SQLite locked for the rest of the process, and the end of the run could not be
    recorded any more. So only the waiting is interrupted; the call itself is completed.

    One thread makes them all, as none can be started any more when the interpreter is on its way out.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._stuck: _Call | None = None
        self._thread = threading.Thread(target=self._work, name="tracking calls", daemon=True)
        self._thread.start()

    def do(self, action: Callable[[], Result], patience: float, is_alive: Callable[[float], bool]) -> Result:
        """Make a call; return its result or raise its error.

        Args:
            action: the call.
            patience: wait for so many seconds, and go on as long as there are signs of life.
            is_alive: looks for one, within the seconds that it is given.

        Raises:
            NoAnswerError: there was none, now or at an earlier call that is still not over.
        """
        if threading.current_thread() is self._thread:
            return action()
        if self._stuck and not self._stuck.is_over:
            raise NoAnswerError("it does not answer")
        call = _Call(action)
        call.over.acquire()
        self._calls.put(call)
        self._wait(call, patience, is_alive)
        if not call.is_over:
            self._stuck = call
            raise NoAnswerError("it has not answered in time")
        if call.error:
            raise call.error
        result: Result = call.result
        return result

    def _wait(self, call: _Call, patience: float, is_alive: Callable[[float], bool]) -> None:
        last_sign = started = monotonic()
        while not call.is_over and (left := last_sign + patience - monotonic()) > 0:
            if call.over.acquire(timeout=min(patience / 4, left)):
                return
            if SIGNALS.is_hurried:
                patience = min(patience, HURRY)
            if SIGNALS.first:  # the process ends: even an upload that goes on is waited for only so long
                last_sign = started
            elif within(seconds := min(patience / 4, left), partial(is_alive, seconds)):
                last_sign = monotonic()

    def _work(self) -> None:
        while True:
            self._calls.get().make()


_lanes: dict[tuple[int, str], Lane] = {}
_creating = threading.Lock()


def lane_of(store: str) -> Lane:
    """Return the lane of this process to a store, by its address: what is stuck for one is for all."""
    key = (os.getpid(), store)
    with _creating:
        if key not in _lanes:
            _lanes[key] = Lane()
        return _lanes[key]
