"""Programs that have no more memory than a control group of Linux allows, files in memory included."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_ROOT = Path("/sys/fs/cgroup")


@contextmanager
def memory_group(limit: int) -> Iterator[Path | None]:
    """Make a group of processes that have so many bytes together; None where this process may not."""
    found = next((made for made in map(_made, _parents()) if made), None)
    if found is None:
        yield None
        return
    group, name = found
    try:
        (group / name).write_text(str(limit))
        with suppress(OSError):  # there is no swap
            (group / "memory.swap.max").write_text("0")
        yield group
    finally:
        group.rmdir()


def run_in(group: Path, arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run a Python program in a group; return what it has printed, stderr last."""
    enter = f"import os, sys; open({str(group / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))"
    start = f"{enter}; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command = [sys.executable, "-c", start, *arguments]
    variables = {**os.environ, **environment}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}{'' if done.returncode == 0 else f'code {done.returncode}'}"


def _parents() -> Iterator[tuple[Path, str]]:
    """Where groups are made, and the file of their limit, in version 2 and 1 of control groups."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield _ROOT / path.strip("/"), "memory.max"
        if "memory" in controllers.split(","):
            yield _ROOT / "memory" / path.strip("/"), "memory.limit_in_bytes"


def _made(parent: tuple[Path, str]) -> tuple[Path, str] | None:
    folder, name = parent
    group = folder / f"test-{uuid4().hex[:8]}"
    try:
        group.mkdir()
        if (group / name).exists():
            return group, name
        group.rmdir()
    except OSError:
        return None
    return None
