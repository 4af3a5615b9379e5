"""How much memory there is, whether what is to be done fits into it, and errors that say it did not."""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from image_classification.errors import UserError
from image_classification.words import in_bytes

_CGROUPS = Path("/sys/fs/cgroup")
# of a limit that is none, as version 1 writes it
_NO_LIMIT = 2**60


def available_memory(cgroups: Path = _CGROUPS) -> int:
    """Return the bytes that this process may still take: of the machine, its container and its own limit."""
    machine = int(psutil.virtual_memory().available) + int(psutil.swap_memory().free)
    return max(0, min([machine, *_left_in_cgroup(cgroups), *_left_of_address_space()]))


def _left_in_cgroup(cgroups: Path) -> list[int]:
    """What a container has left: its limit less what is used, apart from files that can be read again."""
    found = []
    for limit, usage, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        # there is no such file, or it says "max"
        with suppress(OSError, ValueError):
            most, used = (int((cgroups / name).read_text(encoding="ascii")) for name in (limit, usage))
            if most < _NO_LIMIT:
                found.append(most - used + _statistic((cgroups / limit).parent / "memory.stat", cache))
    return found


def _statistic(file: Path, name: str) -> int:
    with suppress(OSError, ValueError):
        for line in file.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
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
