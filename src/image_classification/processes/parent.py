"""A worker ends with the process that it works for, or it would replace what others have made since."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait
from pathlib import Path

# seconds between two looks at the parent, besides its sentinel: siblings hold the other end of that, too
INTERVAL = 0.2

# of each process, as a fork inherits those of its parent: the parent that it had first; whether it is watched
_first_parent: dict[int, int] = {}
_watched: set[int] = set()


def is_orphan() -> bool:
    """Whether this is a worker of `multiprocessing` whose parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return False
    first = _first_parent.setdefault(os.getpid(), os.getppid())
    return not parent.is_alive() or os.getppid() != first or not _exists(parent.pid)


def require_parent(target: Path) -> None:
    """Refuse to replace a file in a worker whose parent has ended.

    Raises:
        RuntimeError: this is such a worker.
    """
    if is_orphan():
        raise RuntimeError(f"{target} stays as it was: the command that this worker belonged to has ended.")


def end_with_parent() -> None:
    """Have this process end as soon as its parent has, if it is a worker of `multiprocessing`."""
    if multiprocessing.parent_process() is None or os.getpid() in _watched:
        return
    _watched.add(os.getpid())
    is_orphan()
    threading.Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    while parent and not is_orphan():
        wait([parent.sentinel], INTERVAL)
    os._exit(1)


def _exists(process: int | None) -> bool:
    if process is None or os.name == "nt":  # on Windows os.kill would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
