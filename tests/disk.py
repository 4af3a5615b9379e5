"""Disks and rights that are too small: what the system really refuses, for tests to run into."""

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

# of Linux: what lets root read, write and enter everything (linux/capability.h)
_OVERRIDE, _READ_SEARCH = 1, 2
_VERSION = 0x20080522


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have the system refuse files of this process that grow beyond a number of bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def rights_of_the_owner_only() -> Iterator[None]:
    """Have the permissions of files hold for this thread even where it is root's.

    Raises:
        OSError: they cannot be made to.
    """
    if os.geteuid() != 0:
        yield
        return
    before = _effective()
    _set_effective([before[0] & ~(1 << _OVERRIDE | 1 << _READ_SEARCH), before[1]])
    try:
        yield
    finally:
        _set_effective(before)


def _capabilities() -> tuple[ctypes.Array[ctypes.c_uint32], ctypes.Array[ctypes.c_uint32], ctypes.CDLL]:
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()  # twice: effective, permitted, inheritable
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capget(header, data):
        raise OSError(ctypes.get_errno(), "capget")
    return header, data, libc


def _effective() -> list[int]:
    _, data, _ = _capabilities()
    return [data[0], data[3]]


def _set_effective(capabilities: list[int]) -> None:
    header, data, libc = _capabilities()
    data[0], data[3] = capabilities
    if libc.capset(header, data):
        raise OSError(ctypes.get_errno(), "capset")
