"""Calls that Ctrl-C and signals do not cut in two."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def uninterrupted(action: Callable[[], Result]) -> Result:
    """Do something in a thread of its own and wait for it; return its result or raise its error.

    Python raises what a signal causes in the main thread, between any two instructions. In the middle of a
    transaction that leaves SQLite locked for the rest of the process, and the end of the run could not be
    recorded any more. So only the waiting is interrupted; the call itself is completed.
    """
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(action())
        except BaseException as error:
            outcome.set_exception(error)

    try:
        threading.Thread(target=work, name="tracking", daemon=True).start()
    except RuntimeError:  # no new threads: the interpreter is on its way out
        work()
    return outcome.result()
