"""What pytest does wherever it runs: the fixtures for all tests are in `fixtures`."""

import atexit
import gc
import os
import signal
from pathlib import Path

import pytest

# As in a terminal, also where it is ignored, as in a shell's background: some tests interrupt what they run.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # bytes; what tests have on it at a time is a tenth of that


def memory_has_room() -> bool:
    """Whether files may be kept in memory, and programs be run there, as on a disk."""
    try:
        about = os.statvfs(MEMORY)
    except (AttributeError, OSError):
        return False
    may_run = not about.f_flag & os.ST_NOEXEC
    return may_run and os.access(MEMORY, os.W_OK) and about.f_bavail * about.f_frsize >= ROOM


# Tests write and remove so many small files that a disk takes a tenth of their time.
if memory_has_room():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# To look for garbage among all libraries and thousands of tests takes most of a second each time.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures where tests run.

    What only shares the tests out among processes needs none, and begins seconds earlier without PyTorch.
    """
    is_worker, are_shared_out = hasattr(config, "workerinput"), config.getoption("dist", "no") != "no"
    if is_worker or not are_shared_out:
        for name in ("process", "project", "commands", "servers"):
            config.pluginmanager.import_plugin(f"tests.fixtures.{name}")


def pytest_collection_finish() -> None:
    """Look for garbage from here on, rarely, and only among what tests make."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 100)
    # a library complains of what is left when Python has cleared up; pytest does so five times before
    atexit.register(gc.unfreeze)
