"""One run at a time writes the files of a stage: others wait for it, or have a data folder of their own."""

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.catalog_files import registered
from image_classification.config_loader.data_folder import LOCKS, make_data_folder, remove_if_unused
from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.permissions import missing_permission
from image_classification.files.shared_folders import again_if_removed
from image_classification.tracking.origin import shown_command

POLL_SECONDS = 0.2
logger = logging.getLogger(__name__)


class OneWriterHook:
    """Hold a lock for every stage whose files a run writes, or reads several of, from its start to its end.

    A stage is a namespace of nodes: `mnist`, `modelling`, `inference`, … So a training waits for another one,
    and new images can be classified meanwhile: what that reads is one file, which is replaced whole. The
    system frees the locks of a process that is killed.
    """

    def __init__(self) -> None:
        self._folders: dict[int, Path] = {}  # of the session of each thread
        self._held: dict[int, ExitStack] = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note the data folder."""
        folder = context.config_loader["parameters"].get("data_folder", "data")
        self._folders[threading.get_ident()] = context.project_path / folder

    @hook_impl(wrapper=True)
    def before_pipeline_run(self, pipeline: Pipeline) -> Generator[None, Any, Any]:
        """Take the locks before all other hooks look at any file; give them back if one of these refuses.

        Raises:
            UserError: the data folder cannot be written to.
        """
        self._release()  # of a run that Ctrl-C ended, in a process that lives on, as a notebook's does
        folder = self._folders.get(threading.get_ident())
        if folder is None:
            return (yield)
        is_new = not folder.exists()
        self._held[threading.get_ident()] = hold(stages(pipeline), folder)
        try:
            return (yield)
        except BaseException:
            self._release()
            if is_new:  # a run that is refused leaves nothing behind
                remove_if_unused(folder)
            raise

    @hook_impl(wrapper=True)
    def after_pipeline_run(self) -> Generator[None, Any, Any]:
        """Give the locks back once all other hooks have read what they want."""
        try:
            return (yield)
        finally:
            self._release()

    @hook_impl(wrapper=True)
    def on_pipeline_error(self) -> Generator[None, Any, Any]:
        """Give the locks back."""
        try:
            return (yield)
        finally:
            self._release()

    def _release(self) -> None:
        if held := self._held.pop(threading.get_ident(), None):
            held.close()


def stages(pipeline: Pipeline) -> set[str]:
    """Return the stages that a pipeline writes, and those of which it reads several files."""
    written = {_stage(node.namespace) for node in pipeline.nodes}
    inputs = {name for name in pipeline.inputs() if not is_parameter(name)}
    if len(inputs) < 2:
        return written
    makers = {
        name: _stage(node.namespace)
        for each in registered().values()
        for node in each.nodes
        for name in inputs & set(node.outputs)
    }
    read = list(makers.values())
    return written | {stage for stage in read if read.count(stage) > 1}


def _stage(namespace: str | None) -> str:
    return (namespace or "project").partition(".")[0]


def hold(names: Iterable[str], folder: Path) -> ExitStack:
    """Take the locks of stages, always in the same order, so that no two runs wait for each other.

    Args:
        names: of the stages.
        folder: of the data.

    Returns:
        What gives them back where it is closed.

    Raises:
        UserError: the folder cannot be written to.
    """
    with ExitStack() as held:
        for name in sorted(names):
            place = folder / LOCKS / f"{name}.lock"
            try:
                held.enter_context(again_if_removed(partial(_lock, place, folder)))
                held.enter_context(_told(place.with_suffix(".json")))
            except OSError as error:
                reason = missing_permission(place, to_write=True) or error.strerror or error
                raise UserError(
                    f"The data folder {shown_path(folder)} cannot be written to: {reason}.\n"
                    "Make it writable, or name another one: --params data_folder=<folder>"
                ) from error
        return held.pop_all()


def _lock(place: Path, folder: Path) -> FileLock:
    """Take one lock in a data folder, made if it is missing; if another run has it, say which, and wait."""
    make_data_folder(folder)
    lock = FileLock(place, poll_interval=POLL_SECONDS, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        logger.warning(
            "Waiting for %s, which is at work on %s in %s. To run beside it: "
            "--params data_folder=<another folder>",
            _holder(place.with_suffix(".json")),
            place.stem,
            shown_path(folder),
        )
        lock.acquire()
        logger.warning("Going on.")
    return lock


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """Let others know who has the lock."""
    started = datetime.now().astimezone().strftime("%H:%M:%S")
    told = {"command": shown_command(sys.argv), "process": os.getpid(), "host": socket.gethostname()}
    # without it the run goes as well
    with suppress(OSError, UserError), replacing(place, survives_power_cut=False) as temporary:
        temporary.write_text(json.dumps(told | {"started": started}), encoding="utf-8")
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def _holder(place: Path) -> str:
    try:
        told = json.loads(place.read_bytes())
        host = "" if told["host"] == socket.gethostname() else f" on {told['host']}"
        return f"`{told['command']}` (process {told['process']}{host}, since {told['started']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
