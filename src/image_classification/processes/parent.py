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
_is_registered = False
# how often a forked process is asked whether it is one of `multiprocessing`, which says so a little later
ATTEMPTS = 25


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


def have_children_end_with_this_process() -> None:
    """Have what `multiprocessing` forks from now on end with this process, whatever runs in it.

    A runner starts processes of its own, in which none of our code is called.
    """
    global _is_registered  # noqa: PLW0603
    if not _is_registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_watch_once_known)
        _is_registered = True


def _watch_once_known() -> None:
    first = os.getppid()
    _first_parent[os.getpid()] = first

    def watch() -> None:
        for _ in range(ATTEMPTS):
            if multiprocessing.parent_process():
                _watched.add(os.getpid())
                _watch()
            threading.Event().wait(INTERVAL)

    threading.Thread(target=watch, name="parent", daemon=True).start()


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
