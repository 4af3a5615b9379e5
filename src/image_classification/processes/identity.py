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


def this_process() -> dict[str, str]:
    """Return what tells this process from all others, as text by names such as process.number."""
    return {
        HOST: socket.gethostname(),
        MACHINE: _machine(),
        BOOT: _boot(),
        NUMBER: str(os.getpid()),
        STARTED: _started(os.getpid()) or "",
    }


def is_gone(process: Mapping[str, str]) -> bool:
    """Whether a process is known to have ended. What cannot be known from here counts as living.

    Args:
        process: as `this_process` described it.
    """
    here = this_process()
    if any(process.get(name) != here[name] for name in (HOST, MACHINE)) or not here[MACHINE]:
        return False
    boot, namespace = process.get(BOOT, "").partition("/")[::2]
    here_boot, here_namespace = here[BOOT].partition("/")[::2]
    if boot != here_boot:
        return bool(boot and here_boot)  # the machine was started anew
    if namespace != here_namespace or not process.get(NUMBER, "").isdigit():
        return False  # in another container
    started = _started(int(process[NUMBER]))
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
