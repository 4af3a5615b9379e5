"""Stands for a process that a fork server forks: signals go to it, and this one ends as it does.

It runs as `python -I -S fork_command.py [--with-parent] ADDRESS MODULE ARGUMENTS …` within a hundredth of a
second, so it imports nothing of this project. Without the server the module is run by a Python of its own.
"""

import json
import os
import signal
import socket
import sys
from contextlib import suppress

HEADER = 16  # as in fork_server.py
LOOK = 0.3  # seconds between two looks at the parent
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class Stand:
    """A connection to the server, and the process that it has forked.

    Args:
        server: of the server.
    """

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._process = 0
        self._early: list[int] = []

    def ask(self, command: list[str]) -> None:
        """Ask for a process with the files, folder, variables and cores of this one."""
        request = {
            "command": command,
            "environment": dict(os.environ),
            "folder": os.getcwd(),  # noqa: PTH109  (pathlib would take as long as all the rest)
            "cores": sorted(os.sched_getaffinity(0)),
        }
        text = json.dumps(request).encode()
        for number in SIGNALS:
            signal.signal(number, self._forward)
        with suppress(OSError):  # a server that has ended is seen below
            socket.send_fds(self._server, [str(len(text)).zfill(HEADER).encode()], [0, 1, 2])
            self._server.sendall(text)

    def wait(self, command: list[str], parent: int | None) -> int:
        """Return the code of the process; end it with the parent, if that is named."""
        self._server.settimeout(LOOK)
        told = b""
        while True:
            try:
                chunk = self._received()
            except TimeoutError:
                if parent is not None and os.getppid() != parent:
                    return 1  # the server ends it when this connection ends
                continue
            if not chunk:
                if not self._process:
                    run(command)  # the server could not load what it should: that is said better there
                return 1
            told += chunk
            lines = told.split(b"\n")
            if len(lines) > 1 and not self._process:
                self._process = int(lines[0])
                for number in self._early:
                    self._send(number)
            if len(lines) > 2:
                return int(lines[1])

    def _received(self) -> bytes:
        try:
            return self._server.recv(64)
        except ConnectionError:
            return b""

    def _forward(self, number: int, _frame: object) -> None:
        if not self._process:
            self._early.append(number)
        else:
            self._send(number)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process, number)
            os.kill(self._process, signal.SIGCONT)  # one that was stopped could not end


def run(command: list[str]) -> None:
    """Be the process itself."""
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606


def main() -> None:
    """Have the process forked, and end as it does."""
    arguments = sys.argv[1:]
    parent = os.getppid() if arguments[0] == "--with-parent" else None
    address, *command = arguments[parent is not None :]
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(address)
    except OSError:
        run(command)
    stand = Stand(server)
    stand.ask(command)
    code = stand.wait(command, parent)
    if code < 0:
        if -code in SIGNALS:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
