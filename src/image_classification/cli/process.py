"""What the process does around a run: how often Python collects garbage, and how it ends.

Kedro, MLflow and torch are 800,000 objects that live as long as the process. Going through them again and
again while they are imported, and taking them apart one by one at the end, would cost every command four
seconds.
"""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kedro.framework.cli.hooks import cli_hook_impl

from image_classification.processes.parent import have_children_end_with_this_process
from image_classification.processes.signals import SIGNALS

# How many times the middle generation is collected before the oldest one, which holds the libraries: ten
# times as many as usual. The younger two, where the garbage of a training is, are collected as ever.
FULL_COLLECTION_AFTER = 100
# the commands that are a process of their own, by the name of the script, or of the package after `python -m`
COMMANDS = ("kedro", "python -m kedro", "image-classification", "image_classification")
# those of Kedro that import the pipelines, and with them torch
_LARGE = (["run"], ["serve"], ["registry"], ["catalog"])


@contextmanager
def fewer_full_collections() -> Iterator[None]:
    """Have Python go through the long-lived objects less often while the block lasts."""
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], max(before[2], FULL_COLLECTION_AFTER))
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Have the first signal end the command within seconds, and all others only hurry it."""
    is_own = is_command()
    is_watched = SIGNALS.start(ends_process=is_own)
    if is_own:
        have_children_end_with_this_process()
    try:
        yield
    finally:
        if is_watched:
            SIGNALS.stop()


def leave(exit_code: object) -> None:
    """End the process with this code if it is a command of ours, after exit functions and output as usual.

    Only Python's taking apart of what it has imported is skipped. Where the process is somebody else's (a
    notebook, a test), is traced or profiled, or still has threads to wait for, do nothing.
    """
    code = 0 if exit_code is None else exit_code
    if not (isinstance(code, int) and is_command() and _is_alone()):
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            return  # closed, or whoever read it has gone: Python has its own words and code for that
    os._exit(code)


class LeavingHook:
    """Leave when Kedro's command is over and every other plugin has been told."""

    @cli_hook_impl(trylast=True)
    def after_command_run(self, command_args: list[str], exit_code: int) -> None:
        """End the process after the commands that import that much.

        An error that escaped the command is left to Python to print.
        """
        error = sys.exc_info()[1]
        if command_args[:1] in _LARGE and (error is None or isinstance(error, SystemExit)):
            leave(exit_code)


def is_command() -> bool:
    """Whether this process is a command of ours, not a notebook or a test."""
    path = Path(sys.argv[0])
    return (path.parent.name if path.name == "__main__.py" else path.stem) in COMMANDS


def _is_alone() -> bool:
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    watched = sys.gettrace() or sys.getprofile()
    return (
        threading.current_thread() is threading.main_thread()
        and not watched
        and all(t.daemon for t in others)
    )
