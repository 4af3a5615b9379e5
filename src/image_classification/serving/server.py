"""Listening: a socket that is there before anything is said, signals that end the server in order."""

import asyncio
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

from image_classification.errors import UserError
from image_classification.serving.app import create_app
from image_classification.serving.metrics import Numbers
from image_classification.serving.model import ServedModel
from image_classification.serving.options import ServingOptions

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_SLACK = 5.0  # seconds beyond those in which requests are finished, until the process ends whatever it does
# seconds after a signal in which connections are still accepted as long as some wait for that, and in which
# the beginnings of requests that have arrived are read
_LAST_CALL, _LAST_LOOK = 0.3, 2.0
_TICK, _LEAST_TURNS = 0.02, 10  # seconds, and turns of the loop
_KEEP_ALIVE = 15  # seconds that a connection may be silent between two requests


class Server(uvicorn.Server):
    """A server that says when it is ready, and ends in order with the first signal.

    It finishes what is under way within the time that its options say, takes nothing new, and returns. Under
    way is whatever a client has begun to send: uvicorn alone drops connections that it has not read yet.

    Args:
        config: of uvicorn.
        numbers: where its application counts.
        ready: is called once requests are answered.
        grace: seconds after a signal until the process ends whatever it does; None: it is not ended.
    """

    def __init__(
        self, config: uvicorn.Config, numbers: Numbers, ready: Callable[[], None], grace: float | None
    ) -> None:
        super().__init__(config)
        self.numbers = numbers
        self._ready, self._grace = ready, grace

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Read the beginnings of requests that have arrived, take no others, and finish them."""
        if not self.force_exit:
            began = time.monotonic()
            await _until(lambda: not any(map(has_more, sockets or [])), began + _LAST_CALL)
            for server in self.servers:
                server.close()
            connections = self.server_state.connections
            await _until(lambda: self.force_exit or not any_begins(connections), began + _LAST_LOOK)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have signals end the server during the block; uvicorn would raise them again after it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in order with the first signal, at once with the next."""
        del sig, frame
        self.force_exit |= self.should_exit
        if not self.should_exit and self._grace is not None:
            watch = threading.Timer(self._grace, os._exit, (0,))
            watch.daemon = True
            watch.start()
        self.should_exit = True


async def _until(is_over: Callable[[], bool], end: float) -> None:
    """Let the loop go on until something is over or the time is, but some turns: under load each is slow."""
    turns = 0
    while turns < _LEAST_TURNS or time.monotonic() < end:
        await asyncio.sleep(_TICK)  # what the system has handed out is not at its place at once
        turns += 1
        if is_over():
            return


def has_more(opened: socket.socket) -> bool:
    """Tell whether a socket has connections that nobody has accepted, or bytes that nobody has read."""
    watch = selectors.DefaultSelector()
    try:
        watch.register(opened, selectors.EVENT_READ)
        return bool(watch.select(0))
    except (OSError, ValueError):  # it is closed
        return False
    finally:
        watch.close()


def any_begins(connections: Iterable[Any]) -> bool:
    """Tell whether a client has sent something of a request of which nobody knows yet, or is about to.

    Args:
        connections: of uvicorn, each an `H11Protocol`.
    """
    for each in list(connections):
        if each.transport.is_closing():
            continue
        if each.cycle is None:  # whoever connects has something to say
            return True
        is_between = each.cycle.response_complete
        if is_between and (each.conn.trailing_data[0] or has_more(each.transport.get_extra_info("socket"))):
            return True
    return False


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        UserError: the address is not of this machine, or the port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        is_unknown = isinstance(error, socket.gaierror)
        reason = os.strerror(error.errno) if error.errno and not is_unknown else error.strerror or error
        raise UserError(
            f"Nothing can listen on {host}, port {port}: {reason}. "
            f"Name another port ({ServingOptions.setting(port=port + 1 if port < 65535 else 8000)}) or the "
            f"address of this machine ({ServingOptions.named('host')}); port 0 is any that is free."
        ) from error


def serve(
    model: ServedModel,
    options: ServingOptions,
    ready: Callable[[str], None],
    *,
    ends_process: bool = False,
) -> int:
    """Answer until a signal ends it; return how many requests were under way then and are not answered.

    Args:
        model: the network.
        options: where it listens, and its limits.
        ready: is told the address once requests are answered.
        ends_process: nothing comes after it in this process, which ends in time whatever its threads do.

    Raises:
        UserError: nothing can listen there.
    """
    with listen(options.host, options.port) as listening:
        server = server_of(model, options, lambda: ready(address_of(listening)), ends_process=ends_process)
        server.run(sockets=[listening])
    return server.numbers.cut_off


def server_of(
    model: ServedModel, options: ServingOptions, ready: Callable[[], None], *, ends_process: bool = False
) -> Server:
    """Make the server of a network, to be run with the sockets that it shall listen on."""
    numbers = Numbers()
    config = uvicorn.Config(
        create_app(model, options, numbers),
        http="h11",  # httptools takes headers without end
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(options.stop_s)),
    )
    return Server(config, numbers, ready, options.stop_s + _SLACK if ends_process else None)


def address_of(listening: socket.socket) -> str:
    """Return where a browser finds a socket."""
    host, port, *_ = listening.getsockname()
    everywhere: dict[Any, str] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = everywhere.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
