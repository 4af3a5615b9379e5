"""Trees of folders, small image dicts, and a real HTTP server that misbehaves on request."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from image_classification.images.found_files import FolderContent, FoundFile


@dataclass
class MisbehavingServer:
    """Serves `files`; a path in `behaviours` is answered by that function of the handler instead."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    behaviours: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer_with_status(self, status: int) -> Callable[[BaseHTTPRequestHandler], None]:
        return lambda handler: handler.send_error(status)

    def answer_with(
        self, content: bytes, length: int | None = None, kind: str = "application/gzip"
    ) -> Callable[[BaseHTTPRequestHandler], None]:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(content) if length is None else length))
            handler.end_headers()
            handler.wfile.write(content)

        return answer

    def say_nothing(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait()

    def fall_silent_after(self, content: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            self.answer_with(content, length=len(content) + 1)(handler)
            handler.wfile.flush()
            self.released.wait()

        return answer


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: MisbehavingServer, *arguments: object) -> None:
        self.behaviour = server
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.behaviour.asked.append(name)
        if name in self.behaviour.behaviours:
            self.behaviour.behaviours[name](self)
        elif name in self.behaviour.files:
            self.behaviour.answer_with(self.behaviour.files[name])(self)
        else:
            self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def start_server() -> Iterator[Callable[[], MisbehavingServer]]:
    running: list[tuple[ThreadingHTTPServer, MisbehavingServer]] = []

    def start() -> MisbehavingServer:
        behaviour = MisbehavingServer("")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, behaviour))
        server.daemon_threads = True
        behaviour.address = f"http://127.0.0.1:{server.server_port}/mnist"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append((server, behaviour))
        return behaviour

    yield start
    for server, behaviour in running:
        behaviour.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def tree() -> Callable[..., FolderContent]:
    """Make the content of a folder from names as in a shell: `tree("train/{cat,dog}", "test/1.jpg")`.

    What has no ending is a folder with one picture in it; what ends in / is an empty folder.
    """

    def expanded(name: str) -> list[str]:
        braces = re.search(r"\{([^{}]*)\}", name)
        if not braces:
            return [name if name.endswith("/") or "." in name.rpartition("/")[2] else f"{name}/1.jpg"]
        before, after = name[: braces.start()], name[braces.end() :]
        return [full for part in braces[1].split(",") for full in expanded(before + part + after)]

    def content(*names: str) -> FolderContent:
        files = [full for name in names for full in expanded(name)]
        folders: dict[str, None] = {}
        for file in files:
            parts = file.split("/")
            folders |= {"/".join(parts[:depth]): None for depth in range(1, len(parts))}
        return FolderContent(
            [FoundFile(file, "ok") for file in files if not file.endswith("/")], list(folders)
        )

    return content
