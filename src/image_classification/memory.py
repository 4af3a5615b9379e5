"""How much memory there is, whether what is to be done fits into it, and errors that say it did not."""

import errno
import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import psutil

from image_classification.errors import UserError
from image_classification.words import in_bytes

_CGROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# of a limit that is none, as version 1 writes it
_NO_LIMIT = 2**60


class _Files(NamedTuple):
    """How a version of control groups calls its controller, folder, limit, usage and statistics of files."""

    controller: str
    folder: str
    limit: str
    usage: str
    of_files: tuple[str, str]


_VERSIONS = (
    _Files("", "", "memory.max", "memory.current", ("active_file", "inactive_file")),
    _Files(
        "memory",
        "memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)


def available_memory(cgroups: Path = _CGROUPS, own_groups: Path = _OWN_GROUPS) -> int:
    """Return the bytes that this process may still take: of the machine, its groups and its own limit.

    Args:
        cgroups: where the control groups of Linux are mounted.
        own_groups: the file that says in which of them this process is.
    """
    machine = int(psutil.virtual_memory().available) + int(psutil.swap_memory().free)
    return max(0, min([machine, *_left_in_groups(cgroups, own_groups), *_left_of_address_space()]))


def _left_in_groups(cgroups: Path, own_groups: Path) -> list[int]:
    """What is left of each limit of a container, a job of Slurm or a unit of systemd, and of all around it.

    That is the limit less what is used, apart from files that can be read again.
    """
    own = _groups_of(own_groups)
    found = []
    for names in _VERSIONS:
        parts = own.get(names.controller, ())
        for depth in range(len(parts) + 1):
            group = cgroups.joinpath(names.folder, *parts[:depth])
            # there is no such file, or it says "max"
            with suppress(OSError, ValueError):
                most, used = (
                    int((group / name).read_text(encoding="ascii")) for name in (names.limit, names.usage)
                )
                if most < _NO_LIMIT:
                    found.append(most - used + _of_files(group / "memory.stat", names.of_files))
    return found


def _groups_of(file: Path) -> dict[str, tuple[str, ...]]:
    """Return by controller ("": all of version 2) the parts of the path of a process's group."""
    groups: dict[str, tuple[str, ...]] = {}
    with suppress(OSError, ValueError):  # no Linux, or nothing that may be read
        for line in file.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            _, controllers, path = line.split(":", 2)
            parts = PurePosixPath(path).parts[1:]
            # outside of what this process sees, from where there is no way in
            groups |= dict.fromkeys(controllers.split(","), () if ".." in parts else parts)
    return groups


def _of_files(statistics: Path, names: Collection[str]) -> int:
    """Return how many bytes hold files, which the system drops if it has to."""
    with suppress(OSError, ValueError):
        pairs = (line.partition(" ") for line in statistics.read_text(encoding="ascii").splitlines())
        return sum(int(value) for name, _, value in pairs if name in names)
    return 0


def _left_of_address_space() -> list[int]:
    """What `ulimit -v` leaves."""
    if sys.platform == "win32":
        return []
    import resource  # noqa: PLC0415  (there is none on Windows)

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return []
    return [limit - int(psutil.Process(os.getpid()).memory_info().vms)]


def require_memory(needed: int, what: str, remedy: str, available: int | None = None) -> None:
    """Refuse to begin what cannot fit into memory.

    Args:
        needed: the bytes that it takes at least.
        what: what takes them, to begin the message with.
        remedy: what to do about it.
        available: the bytes there are; those of this process if not said.

    Raises:
        UserError: there are fewer.
    """
    if available is None:
        available = available_memory()
    if needed > available:
        raise UserError(
            f"{what} would need {in_bytes(needed)} of memory at least; "
            f"there are {in_bytes(available)}. {remedy}"
        )


# how libraries say it that have no error of their own for it
_WORDS = (
    "not enough memory: you tried to allocate",
    "out of memory",
    "cannot allocate memory",
    "cublas_status_alloc_failed",
    "can't start new thread",
    "std::bad_alloc",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out: of the machine, of a limit, or of a device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    # those of torch, safetensors and the threads of Python are RuntimeErrors or derived from Exception alone
    return any(words in str(error).lower() for words in _WORDS)
