"""What closes a run that no hook closes: after Ctrl-C, a signal, or any other exit of the process.

Kedro tells its hooks of an `Exception` only. Ctrl-C and `sys.exit` bypass them, and by default SIGTERM ends
the process on the spot, which would leave a run marked as running for ever.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

# SIGHUP: the terminal was closed, the connection lost
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class ExitWatch:
    """Call a function if the process ends while the watch is on, and know why it ends.

    Only in the process that started it, not in its forked children. A signal that something else handles (or
    ignores, as nohup does) is left alone.

    Attributes:
        reason: why the process ends, as far as is known.
    """

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._process = os.getpid()
        self._handled: list[int] = []
        self._watches_interrupts = False
        self.reason = "the process ended before its work did"
        atexit.register(self._exit)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._terminate)
                    self._handled.append(number)
            self._watches_interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
            if self._watches_interrupts:
                signal.signal(signal.SIGINT, self._interrupt)

    def stop(self) -> None:
        """Stop watching and give the signals back."""
        atexit.unregister(self._exit)
        if threading.current_thread() is threading.main_thread():
            for number in self._handled:
                if signal.getsignal(number) == self._terminate:
                    signal.signal(number, signal.SIG_DFL)
            self._handled.clear()
            if self._watches_interrupts and signal.getsignal(signal.SIGINT) == self._interrupt:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def _exit(self) -> None:
        if os.getpid() == self._process:
            self._on_exit()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.reason = "SIGINT (Ctrl-C)"
        signal.default_int_handler(number, frame)

    def _terminate(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # inherited by a forked worker: it dies of the signal, as it would have without the watch
            _die_of(number)
        self.reason = signal.Signals(number).name
        for child in multiprocessing.active_children():
            child.terminate()
        if any(
            not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()
        ):
            # A runner's threads cannot be stopped, and Python would wait for them to the end of the training.
            # The main thread is waiting as well, so nothing of ours is half done.
            self._on_exit()
            _die_of(number)
        # from here the stack unwinds, files are closed, and `_exit` is called
        sys.exit(128 + number)


def _die_of(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
