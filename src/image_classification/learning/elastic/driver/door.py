"""Where other machines knock: the driver answers over HTTP whoever has the token, and nobody else.

Answers and questions are JSON and the bytes of files that the driver has named; nothing that comes in is
executed, and nothing is ever written.
"""

import hmac
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, AF_INET6, socket
from typing import Any

from image_classification.errors import UserError
from image_classification.learning.distributed.options import DistributedOptions
from image_classification.learning.elastic.addresses import shown_endpoint
from image_classification.learning.elastic.driver.referee import Referee

LONGEST_QUESTION = 4096  # bytes
MOST_CONNECTIONS = 256
# seconds that a connection may say nothing
PATIENCE = 20.0

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Door(ThreadingHTTPServer):
    """Answers questions (POST, JSON) and gives files (GET) to those who have the token.

    Args:
        address: to listen at, and the port; 0: any.
        token: that every request has to have.
        answers: by the paths of questions, such as /arrive.
        files: by their paths, such as /files/images.
    """

    daemon_threads = True
    # another training has had the port a moment ago
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        token: str,
        answers: Mapping[str, Answer],
        files: Mapping[str, Path],
    ) -> None:
        self.address_family = AF_INET6 if ip_address(address[0]).version == 6 else AF_INET
        self.token, self.answers, self.files = token, answers, files
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        try:
            super().__init__(address, _Visit)
        except OSError as error:
            raise UserError(
                f"Other machines cannot join at {shown_endpoint(*address)} "
                f"({DistributedOptions.named('endpoint')}): {error.strerror}. Name an address of this "
                "machine, and a port that nobody else uses."
            ) from error

    @property
    def port(self) -> int:
        """The port that it listens at."""
        return int(self.server_address[1])

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Answer within the block."""
        thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="door", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, unless there are too many."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Say nothing of a connection that breaks: whoever it was asks again."""


def door_of(
    address: tuple[str, int],
    token: str,
    referee: Referee,
    files: Mapping[str, Path],
    versions: Mapping[str, str],
    settings: Mapping[str, int],
) -> Door:
    """Return the door of a training, not yet opened.

    Args:
        address: to listen at, and the port.
        token: that is asked for.
        referee: decides who takes part.
        files: that are given, by their paths.
        versions: that those who join have to have.
        settings: of their agents.
    """
    sizes = {path: file.stat().st_size for path, file in files.items()}
    return Door(
        address,
        token,
        {
            "/welcome": lambda _: {
                "versions": dict(versions),
                "sizes": sizes,
                "settings": dict(settings),
            },
            "/arrive": lambda asked: referee.arrive(
                str(asked["node"]), str(asked["name"]), int(asked["after"])
            ),
            "/alive": lambda asked: referee.alive(str(asked["node"])),
            "/leave": lambda asked: referee.leave(str(asked["node"])),
        },
        files,
    )


class _Visit(BaseHTTPRequestHandler):
    server: Door
    timeout = PATIENCE
    server_version, sys_version = "image-classification", ""

    def do_GET(self) -> None:
        """Give a file."""
        if not self._is_known():
            return
        path = self.server.files.get(self.path)
        if path is None:
            self.send_error(404)
            return
        with path.open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile, 2**20)

    def do_POST(self) -> None:
        """Answer a question."""
        if not self._is_known():
            return
        answer = self.server.answers.get(self.path)
        length = self.headers.get("Content-Length", "")
        if answer is None or not length.isdecimal() or int(length) > LONGEST_QUESTION:
            self.send_error(404 if answer is None else 413)
            return
        try:
            content = json.dumps(answer(json.loads(self.rfile.read(int(length))))).encode()
        except (ValueError, TypeError, KeyError, RecursionError):
            self.send_error(400)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _is_known(self) -> bool:
        expected = f"Bearer {self.server.token}".encode()
        if hmac.compare_digest(self.headers.get("Authorization", "").encode(), expected):
            return True
        self.send_error(401)
        return False

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name there)
        """Print nothing."""
