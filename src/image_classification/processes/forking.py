"""Processes that begin at once: forked by one that has loaded what they need, where the system allows it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# tells processes that were forked where others can be forked
ADDRESS = "IMAGE_CLASSIFICATION_FORK_SERVER"
_CLIENT = Path(__file__).with_name("fork_command.py")


class _Server:
    """A fork server, started when it is first needed."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""

    def enter(self) -> None:
        with self._lock:
            self._blocks += 1

    def leave(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks or not self._process:
                return
            self._process.terminate()  # with all that it has forked
            self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._process = None

    def address(self, modules: Sequence[str], variables: Mapping[str, str]) -> str | None:
        """Return where the server is, which is started if it is not there; None where there can be none."""
        with self._lock:
            if not self._blocks or sys.platform != "linux":
                return None
            if self._process and self._process.poll() is not None:  # somebody has killed it
                shutil.rmtree(self._folder, ignore_errors=True)
                self._process = None
            if not self._process and not self._start(modules, variables):
                return None
            return self._path()

    def _path(self) -> str:
        return f"{self._folder}/at"

    def _start(self, modules: Sequence[str], variables: Mapping[str, str]) -> bool:
        self._folder = tempfile.mkdtemp(prefix="image-classification-forks-")  # for this user alone
        with socket.socket(socket.AF_UNIX) as listener:
            try:
                listener.bind(self._path())
                listener.listen(64)
            except OSError:  # the name of the folder is too long for a socket
                shutil.rmtree(self._folder, ignore_errors=True)
                return False
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "image_classification.processes.fork_server", *modules],
                stdin=listener.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **variables},
                start_new_session=True,
            )
        return True


_SERVER = _Server()
# a fork of this process has no server: it is not the parent of that one
os.register_at_fork(after_in_child=_SERVER.forget)


def is_forked() -> bool:
    """Whether a server has forked this process."""
    return ADDRESS in os.environ


@contextmanager
def fork_server_kept() -> Iterator[None]:
    """Within the block, and blocks within it, `command` uses one server, which ends with the last of them."""
    _SERVER.enter()
    try:
        yield
    finally:
        _SERVER.leave()


@dataclass(frozen=True)
class Loaded:
    """What a server has loaded, from which it forks processes.

    Args:
        modules: by their whole names.
        variables: of its environment, beside those of this process.
    """

    modules: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Start the server, if there is none, so that it is ready when it is needed."""
        self._address()

    def command(self, module: str, *arguments: str, with_parent: bool = False) -> list[str]:
        """Return the command that runs the function `main` of a module in a process of its own.

        Args:
            module: one of the modules.
            arguments: for it.
            with_parent: the process ends when the one that has started the command has.
        """
        if not (address := self._address()):
            return [sys.executable, "-m", module, *arguments]
        flag = ["--with-parent"] if with_parent else []
        return [sys.executable, "-I", "-S", str(_CLIENT), *flag, address, module, *arguments]

    def _address(self) -> str | None:
        return os.environ.get(ADDRESS) or _SERVER.address(self.modules, self.variables)
