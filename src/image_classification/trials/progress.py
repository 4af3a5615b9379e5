"""How far a command is that trains several times, and how long it will still take."""

from time import monotonic


class Progress:
    """Count what is done, by whomever, from now on.

    Args:
        done: trainings that are done already.
        total: all that are to be done.
    """

    def __init__(self, done: int, total: int) -> None:
        self._done_before, self._total = done, total
        self._started = monotonic()

    def after(self, done: int) -> str:
        """Say how many seconds have passed, and how many are left at this pace."""
        seconds = monotonic() - self._started
        new, left = done - self._done_before, self._total - done
        said = f"{seconds:.0f} s so far"
        return f"{said}, about {seconds / new * left:.0f} s left" if new > 0 and left > 0 else said
