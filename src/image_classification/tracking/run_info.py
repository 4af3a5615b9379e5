"""What a person wants to know of the run that has just ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RunInfo:
    """One run in MLflow."""

    run_id: str
    run_name: str
    experiment: str
    tracking_uri: str  # without a password
    status: str  # as recorded: FINISHED, FAILED, KILLED, or RUNNING while it is open or cannot be closed


_last: RunInfo | None = None


def last_run() -> RunInfo | None:
    """Return the run that this process opened last, or None if its last pipeline opened none."""
    return _last


def remember(run: RunInfo | None) -> None:
    """Make `run` the one that `last_run` returns."""
    # one fact about the whole process: hooks of several sessions and the console share it
    global _last  # noqa: PLW0603
    _last = run
