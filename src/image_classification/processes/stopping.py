"""Work in threads is asked to stop: Python raises what a signal causes in the main thread only."""

import threading

_asked = threading.Event()


def ask_to_stop() -> None:
    """Have all work in threads end at its next call of `stop_if_asked`."""
    _asked.set()


def go_on() -> None:
    """Take that back, as a new piece of work begins."""
    _asked.clear()


def stop_if_asked() -> None:
    """End the work in this thread if the process is about to end; long work calls it between two steps.

    The main thread is never stopped here: the signal has been raised in it already.

    Raises:
        KeyboardInterrupt: the work shall end.
    """
    if _asked.is_set() and threading.current_thread() is not threading.main_thread():
        raise KeyboardInterrupt
