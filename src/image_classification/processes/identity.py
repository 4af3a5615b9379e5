"""Which process this is, written so that another one can tell later whether it still lives.

A number alone is not enough: it means nothing on another host or in another container, and is used again
after a while and after a restart of the machine.
"""

import hashlib
import os
import platform
import socket
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psutil

HOST, MACHINE, BOOT = "process.host", "process.machine", "process.boot"
NUMBER, STARTED = "process.number", "process.started"
IDENTITY = (HOST, MACHINE, BOOT, NUMBER, STARTED)
_LONGEST_NUMBER = 10  # digits


def this_process() -> dict[str, str]:
    """Return what tells this process from all others, as text by names such as process.number."""
    return {
        HOST: socket.gethostname(),
        MACHINE: _machine(),
        BOOT: _boot(),
        NUMBER: str(os.getpid()),
        STARTED: _own_start(os.getpid()),
    }


def is_gone(process: Mapping[str, str]) -> bool:
    """Whether a process is known to have ended. What cannot be known from here counts as living.

    Args:
        process: as `this_process` described it.
    """
    return _is_gone(process, this_process())


def this_process_in_short() -> str:
    """Return the same as a part of the names of files, in some 45 letters, digits and hyphens."""
    return "-".join(_in_short(this_process()).values()).replace("/", "-")


def is_gone_in_short(process: str) -> bool:
    """Whether a process is known to have ended.

    Args:
        process: as `this_process_in_short` described it; of everything else nothing is known.
    """
    parts = process.split("-")
    if len(parts) != len(IDENTITY) + 1:
        return False
    host, machine, boot, namespace, number, started = parts
    described = dict(zip(IDENTITY, (host, machine, f"{boot}/{namespace}", number, started), strict=True))
    return _is_gone(described, _in_short(this_process()))


def _in_short(process: Mapping[str, str]) -> dict[str, str]:
    """Return digests of all but the number and the start of a process."""
    boot, namespace = process[BOOT].partition("/")[::2]
    short = {HOST: _digest(process[HOST]), MACHINE: _digest(process[MACHINE])}
    return {**process, **short, BOOT: f"{_digest(boot)}/{_digest(namespace)}"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8] if text else ""


def _is_gone(process: Mapping[str, str], here: Mapping[str, str]) -> bool:
    if any(process.get(name) != here[name] for name in (HOST, MACHINE)) or not here[MACHINE]:
        return False
    boot, namespace = process.get(BOOT, "").partition("/")[::2]
    here_boot, here_namespace = here[BOOT].partition("/")[::2]
    if boot != here_boot:
        return bool(boot and here_boot)  # the machine was started anew
    number = process.get(NUMBER, "")
    if namespace != here_namespace or not (number.isdecimal() and len(number) < _LONGEST_NUMBER):
        return False  # in another container; no number of a process
    started = _started(int(number))
    # empty: of another person, so it cannot be told when it started
    return started is None or bool(started and process.get(STARTED) and started != process[STARTED])


@cache
def _machine() -> str:
    """Return a digest of what this machine is, as the name of a host is not its own; empty if unknown."""
    known = _read("/etc/machine-id") or ("" if platform.system() == "Linux" else hex(uuid.getnode()))
    boot = known or _read("/proc/sys/kernel/random/boot_id")  # a container: known until it is started anew
    return hashlib.sha256(f"{socket.gethostname()}/{boot}".encode()).hexdigest()[:16] if boot else ""


def _boot() -> str:
    """Return which start of the machine this is, and in which space of numbers its processes are."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    namespace = Path("/proc/self/ns/pid")
    return f"{boot}/{namespace.readlink() if namespace.is_symlink() else ''}"


@cache
def _own_start(number: int) -> str:
    return _started(number) or ""


def _started(number: int) -> str | None:
    """Return when a process started, None if there is none of this number or it is dead already."""
    try:
        if psutil.Process(number).status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return None
        # on Linux counted from the start of the machine: the clock may have been set meanwhile
        if state := _read(f"/proc/{number}/stat"):
            return state.rpartition(")")[2].split()[19]
        return f"{psutil.Process(number).create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
