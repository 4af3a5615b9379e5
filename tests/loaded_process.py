"""Commands that start at once, each forked from a process that has loaded the libraries and the package.

To load them takes most of the time of a short command. What a command does from its first line on is the same
as in a process of its own: it finds the code that its environment names, and ends as Python ends. Only its
pictures are one black pixel each.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from filelock import FileLock

# as the package sets it before it loads MLflow; one thread, for a fork has no other; logs as of the project
VARIABLES = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "OMP_NUM_THREADS": "1",
    "KEDRO_LOGGING_CONFIG": str(Path(__file__).parents[1] / "conf" / "logging.yml"),
}
SERVER = Path(__file__).with_name("loading_process.py")
PACKAGE = "image_classification"
WITHOUT_PACKAGE, WITH_PACKAGE = "libraries", "package"  # as in the server: what it has loaded
TIMEOUT = 300  # seconds


class LoadedProcess:
    """A process that waits, with everything loaded, for commands to run; several may run at once.

    It was forked from one for all that share the tests, which ends after the last of them.

    Args:
        folder: of all that share the tests.
        without: variables of the environment that are not for commands.
    """

    def __init__(self, folder: Path, without: Sequence[str] = ()) -> None:
        address = folder / "address of the loaded process"
        with FileLock(folder / "loaded.lock"):
            if not (address.exists() and self._connect(Path(address.read_text()))):
                address.write_text(str(start_server([*without, "PYTHONPATH"])))
                assert self._connect(Path(address.read_text()))
        # by the numbers of the commands' processes, each of which is no other's until it is waited for
        self._running: dict[int, TextIO] = {}

    def run(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m <arguments>` in a folder."""
        with tempfile.TemporaryDirectory() as outputs:
            stdout, stderr = (Path(outputs) / name for name in ("stdout", "stderr"))
            process_id = self.start(folder, arguments, environment, stdout, stderr)
            timer = threading.Timer(TIMEOUT, os.kill, (process_id, signal.SIGKILL))
            timer.start()
            code = self.wait(process_id)
            timer.cancel()
            texts = (path.read_text(encoding="utf-8") for path in (stdout, stderr))
            return subprocess.CompletedProcess(arguments, code, *texts)

    def start(
        self,
        folder: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path,
    ) -> int:
        """Start `python -m <arguments>` with its outputs in files; return the id of the process."""
        request = {
            "folder": str(folder),
            "arguments": list(arguments),
            "environment": dict(environment),
            "outputs": [str(stdout), str(stderr)],
        }
        places = [folder, folder / "src", *environment.get("PYTHONPATH", "").split(os.pathsep)]
        has_other_code = any(Path(place, PACKAGE).is_dir() for place in filter(None, places))
        is_kedro = arguments[0] == "kedro"
        server = self._servers[WITH_PACKAGE if is_kedro and not has_other_code else WITHOUT_PACKAGE]
        process = _answer(server, request)
        self._running[process] = server
        return process

    def wait(self, process: int) -> int:
        """Wait for a command that was started; return its code, of a signal the negative number."""
        return _answer(self._running.pop(process), process)

    def end_all(self) -> None:
        """Kill what a test that failed has not waited for."""
        for process in list(self._running):
            os.kill(process, signal.SIGKILL)
            self.wait(process)

    def close(self) -> None:
        """Let it end."""
        for server in self._servers.values():
            server.close()

    def _connect(self, folder: Path) -> bool:
        self._servers: dict[str, TextIO] = {}
        for name in (WITHOUT_PACKAGE, WITH_PACKAGE):
            with socket.socket(socket.AF_UNIX) as connection:
                try:
                    connection.connect(str(folder / name))
                except OSError:  # it has ended
                    return False
                self._servers[name] = connection.makefile("rw", encoding="utf-8")
            if not self._servers[name].readline():  # it ends just now
                return False
        return True


def _answer(server: TextIO, request: Mapping[str, object] | int) -> int:
    print(json.dumps(request), file=server, flush=True)
    return int(server.readline())


def start_server(without: Sequence[str]) -> Path:
    """Start the process that loads everything; return the folder of its addresses."""
    folder = Path(tempfile.mkdtemp())
    environment = {name: value for name, value in os.environ.items() if name not in without}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / WITHOUT_PACKAGE))
        listener.listen()
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", str(SERVER)],
            environment | VARIABLES,
            file_actions=[(os.POSIX_SPAWN_DUP2, listener.fileno(), 0)],
        )
    return folder
