"""What pytest does wherever it runs: the fixtures for all tests are in `fixtures`."""

import gc
import signal

import pytest

# As in a terminal, also where it is ignored, as in a shell's background: some tests interrupt what they run.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


def pytest_unconfigure() -> None:
    """Let Python clear up at its end; a library complains of what is left."""
    gc.unfreeze()
