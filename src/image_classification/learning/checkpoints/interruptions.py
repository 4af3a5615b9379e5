"""Signals that ask this process to end, held back for the moment that a training needs to be saved."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from image_classification.processes.signals import NUMBERS


class Interruptions:
    """Holds a first signal back until `deliver` is called; a second one has its usual effect at once.

    Only in the main thread, which alone handles signals. A signal that is ignored (nohup) stays so.

    Attributes:
        may_hold: whether `deliver` will be called soon; else a signal has its usual effect.
    """

    def __init__(self) -> None:
        self.may_hold = False
        self._usual: dict[int, Any] = {}
        self._held: tuple[int, FrameType | None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether a signal waits."""
        return self._held is not None

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Hold signals back within the block; what waits at its end is delivered then."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        for number in NUMBERS:
            usual = signal.getsignal(number)
            if callable(usual) or usual is signal.SIG_DFL:
                self._usual[number] = usual
                signal.signal(number, self._hold)
        try:
            yield
        finally:
            self.may_hold = False
            for number, usual in self._usual.items():
                if signal.getsignal(number) == self._hold:
                    signal.signal(number, usual)
            self.deliver()

    def deliver(self) -> None:
        """Let the signal that waits have its usual effect, which mostly is an exception."""
        if self._held:
            (number, frame), self._held = self._held, None
            self._take_effect(number, frame)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self.may_hold and self._held is None:
            self._held = (number, frame)
        else:
            self._held = None
            self._take_effect(number, frame)

    def _take_effect(self, number: int, frame: FrameType | None) -> None:
        usual: Callable[[int, FrameType | None], object] | signal.Handlers = self._usual[number]
        if callable(usual):
            usual(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
