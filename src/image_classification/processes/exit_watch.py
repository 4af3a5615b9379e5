"""What closes a run that no hook closes: after Ctrl-C, a signal, or any other exit of the process.

Kedro tells its hooks of an `Exception` only. Ctrl-C and `sys.exit` bypass them, and by default SIGTERM ends
the process on the spot, which would leave a run marked as running for ever.
"""

import atexit
import os
import signal
from collections.abc import Callable

from image_classification.processes.signals import SIGNALS


class ExitWatch:
    """Call a function if the process ends while the watch is on, and know why it ends.

    Only in the process that started it, not in its forked children.
    """

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._process = os.getpid()
        self._watches_signals = SIGNALS.start()
        atexit.register(self._exit)
        SIGNALS.before_sudden_end(self._exit)

    @property
    def reason(self) -> str:
        """Why the process ends, as far as is known."""
        if SIGNALS.first is None:
            return "the process ended before its work did"
        return "SIGINT (Ctrl-C)" if SIGNALS.first == signal.SIGINT else SIGNALS.first.name

    def stop(self) -> None:
        """Stop watching and give the signals back."""
        atexit.unregister(self._exit)
        SIGNALS.forget(self._exit)
        if self._watches_signals:
            SIGNALS.stop()

    def _exit(self) -> None:
        if os.getpid() == self._process:
            self._on_exit()
