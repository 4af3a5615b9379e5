"""Programs that a test starts beside itself and that end with it, however it ends."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def running(command: Sequence[Any], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Have a program run in the block: a test that fails in it does not wait for its end."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
