"""The time of a record: that of the wall when the run began, and from then on that of a clock nobody can set.

A clock that is set back while a network learns would make a run end before it began, and its curves go back.
"""

import os
import time

# where the run's first process tells others what to add to the clock that only ever goes on
OFFSET = "IMAGE_CLASSIFICATION_CLOCK"


def steady() -> float:
    """Return seconds since the machine was started: in all its processes the same, also after it slept."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def offset() -> float:
    """Return the seconds that make wall time of steady time: those of the open run, else those of now."""
    announced = os.environ.get(OFFSET)
    return float(announced) if announced else time.time() - steady()


def timestamp() -> int:
    """Return the time as MLflow counts it: milliseconds since 1970. It never goes back in an open run."""
    return int((steady() + offset()) * 1000)
