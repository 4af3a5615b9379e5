"""A process that has loaded some modules, and forks others that run one of them: those begin at once.

`forking.py` starts it as `python -m image_classification.processes.fork_server MODULE …` with a listening
socket as its standard input; `fork_command.py` asks it. It ends with the process that has started it.
"""

import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

from image_classification.processes.forking import ADDRESS

# seconds between two looks at the process that has started this one, and that others have to end after it
LOOK, GRACE = 0.3, 5.0
# where a request has its length, as text, before it
HEADER = 16


class ForkServer:
    """Forks what is asked for until its parent has ended.

    Args:
        listener: where requests come in.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener, self._address = listener, str(listener.getsockname())
        self._selector = selectors.DefaultSelector()
        # who asked for a process, by its number
        self._clients: dict[int, socket.socket] = {}
        self._shall_end = False
        self._woken, waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waking, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # it only has to wake the loop
        signal.signal(signal.SIGTERM, self._end)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(listener, selectors.EVENT_READ)

    def serve(self, parent: int) -> None:
        """Serve while the parent lives; then give those that were forked a while to end by themselves.

        Told to end by SIGTERM, the server kills them at once.
        """
        until = None
        while not self._shall_end and (until is None or (self._clients and monotonic() < until)):
            for key, _ in self._selector.select(LOOK):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj == self._woken:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                else:
                    self._kill(key.data)
            self._reap()
            if until is None and os.getppid() != parent:
                until = monotonic() + GRACE
                self._selector.unregister(self._listener)
        for process in self._clients:
            os.kill(process, signal.SIGKILL)

    def _end(self, *_signal: object) -> None:
        self._shall_end = True

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(GRACE)
        try:
            request, files = _received(client)
        except (OSError, ValueError, EOFError):
            client.close()
            return
        # A signal that comes before the process is itself would be taken as the server takes it, and lost.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        process = os.fork()
        if not process:
            self._leave(client)
            become(request, files, self._address, mask)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for file in files:
            os.close(file)
        client.settimeout(None)
        self._clients[process] = client
        self._selector.register(client, selectors.EVENT_READ, process)
        with suppress(OSError):  # who has gone is seen above
            client.sendall(f"{process}\n".encode())

    def _leave(self, client: socket.socket) -> None:
        """Keep nothing of the server in a process that was forked."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._selector.close()
        os.close(self._woken)
        for each in (self._listener, client, *self._clients.values()):
            each.close()

    def _kill(self, process: int) -> None:
        """End a process that nobody waits for any more: who asked says nothing, but may have gone."""
        self._selector.unregister(self._clients[process])
        os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        while self._clients:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            client = self._clients.pop(process)
            with suppress(OSError):
                client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            with suppress(KeyError):
                self._selector.unregister(client)
            client.close()


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    header, files, _, _ = socket.recv_fds(client, HEADER, 3)
    length, text = int(header), b""
    while len(text) < length:
        if not (chunk := client.recv(length - len(text))):
            raise EOFError
        text += chunk
    return json.loads(text), files


def become(request: dict[str, Any], files: list[int], address: str, mask: Collection[int]) -> None:
    """Be the process that was asked for, take the signals that have come since, and end."""
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.setsid()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(request["environment"], **{ADDRESS: address})
        os.chdir(request["folder"])
        os.sched_setaffinity(0, request["cores"])
        module, *arguments = request["command"]
        sys.argv[:] = [module, *arguments]
        import_module(module).main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Load the modules that are named, and serve at the socket that is the standard input."""
    parent = os.getppid()
    listener = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for module in sys.argv[1:]:
        import_module(module)
    gc.freeze()  # or the first collection of each process would copy all of it
    try:
        ForkServer(listener).serve(parent)
    finally:
        shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)
    os._exit(0)  # taking apart what was loaded would take a second


if __name__ == "__main__":
    main()
