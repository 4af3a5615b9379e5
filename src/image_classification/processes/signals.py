"""The first signal ends the process in order, with a code of its own; those that follow only hurry it.

People press Ctrl-C twice, and what stops containers sends SIGTERM again and again. Raised in the middle of
the unwinding, a second signal would leave a traceback and a run that is marked as running for ever.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType

from image_classification.processes.stopping import ask_to_stop, go_on

# SIGHUP: the terminal was closed, the connection lost
NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# Seconds after a signal in which others only hurry. Then they count anew: a notebook lives on after Ctrl-C.
SETTLING = 10.0
# Seconds that a command may take to begin its end: a thread may be deep in something that asks for nothing.
GRACE = 5.0


class Signals:
    """What the signals of a person, a terminal or a scheduler do to this process.

    A signal that something else handles (or ignores, as nohup does) is left alone.

    Attributes:
        first: the signal that ends the process, None as long as there was none.
        is_hurried: whether another one has followed.
        is_told: whether the person has been told that the process ends.
        way_on: how a person goes on with what the process is at work on, empty if nothing is known.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._watchers = 0
        self._handled: list[int] = []
        self._deferrals = 0
        self._is_due = False
        self._settled_at = 0.0
        self._ends_process = False
        self._last_words: list[Callable[[], None]] = []
        self.first: signal.Signals | None = None
        self.is_hurried = self.is_told = False
        self.way_on = ""

    def start(self, *, ends_process: bool = False) -> bool:
        """Watch signals from now on, where this is the main thread; return whether it is.

        Args:
            ends_process: this process is a command, over with its first signal: it ends within `GRACE`
                seconds, whatever its threads do.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        if os.getpid() != self._process:
            self._reset()  # forked: another process, with nothing to remember
        if not self._deferrals and not self._ends_process:
            self.first, self.is_hurried, self.is_told, self.way_on = None, False, False, ""
            go_on()
        self._ends_process |= ends_process
        self._watchers += 1
        for number in NUMBERS:
            if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                signal.signal(number, self._receive)
                self._handled.append(number)
        return True

    def stop(self) -> None:
        """Stop watching; the last one to do so gives the signals back, unless they end this process."""
        self._watchers -= 1
        if self._watchers or (self._ends_process and self.first):
            return
        self._ends_process = False
        for number in self._handled:
            if signal.getsignal(number) == self._receive:
                usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                signal.signal(number, usual)
        self._handled.clear()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a signal that arrives in the block have its effect after it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._deferrals += 1
        try:
            yield
        finally:
            self._deferrals -= 1
            if self._is_due and not self._deferrals:
                self._is_due = False
                self._act()

    @contextmanager
    def going_on_by(self, way_on: str) -> Iterator[None]:
        """Tell a person who ends the process in the block how to go on; outer blocks know better."""
        is_outermost = not self.way_on
        if is_outermost:
            self.way_on = way_on
        try:
            yield
        finally:
            if is_outermost and self.first is None:
                self.way_on = ""

    def last_line(self) -> str:
        """Return what a person reads who has ended the process; it is told once."""
        self.is_told = True
        what = (
            f"Ended by {self.first.name}." if self.first and self.first != signal.SIGINT else "Interrupted."
        )
        return f"\n{what} {self.way_on}".rstrip()

    def before_sudden_end(self, last_words: Callable[[], None]) -> None:
        """Call a function where the process has to end without unwinding; None of them may raise."""
        self._last_words.append(last_words)

    def forget(self, last_words: Callable[[], None]) -> None:
        """Do not call that function."""
        self._last_words = [each for each in self._last_words if each != last_words]

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # inherited by a forked worker, which would send what is raised in it to its parent as an error
            _die_of(number)
        if self.first and (self._ends_process or self._deferrals or monotonic() < self._settled_at):
            self.is_hurried = True
            return
        self.first, self._settled_at = signal.Signals(number), monotonic() + SETTLING
        ask_to_stop()
        for child in multiprocessing.active_children():
            child.terminate()
        if self._ends_process:
            threading.Thread(target=self._end_at_last, name="end of the process", daemon=True).start()
        if self._deferrals:
            self._is_due = True
        else:
            self._act()

    def _act(self) -> None:
        """Unwind the stack: files are closed, what was half done is undone."""
        number = self.first or signal.SIGTERM
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
        if not self._ends_process and any(not thread.daemon for thread in others):
            # A runner's threads cannot be stopped, and Python would wait for them to the end of the training.
            # The main thread is waiting as well, so nothing of ours is half done.
            self._say_last_words()
            _die_of(number)
        sys.exit(128 + number)

    def _end_at_last(self) -> None:
        threading.Event().wait(GRACE)
        self._say_last_words()
        with suppress(OSError, ValueError):  # the terminal is closed
            if not self.is_told:
                sys.stderr.write(f"{self.last_line()}\n")
            sys.stderr.flush()
        os._exit(128 + (self.first or signal.SIGTERM))

    def _say_last_words(self) -> None:
        for last_words in self._last_words:
            last_words()


SIGNALS = Signals()


def _die_of(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
