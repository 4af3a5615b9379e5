"""Trees of folders, picture files made byte by byte, and a real HTTP server that misbehaves on request."""

import re
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from image_classification.images.folder.found_files import FolderContent, FoundFile


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


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.fixture
def write_png() -> Callable[..., Path]:
    """Write 8 or 16 bits of (H, W) or (H, W, 2…4), with further chunks before or behind the pixels."""

    def write(path: Path, values: np.ndarray, before: bytes = b"", behind: bytes = b"") -> Path:
        height, width, channels = (*values.shape, 1)[:3]
        bits = values.dtype.itemsize * 8
        header = struct.pack(">IIBBBBB", width, height, bits, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
        rows = values.astype(f">u{bits // 8}").reshape(height, -1)
        pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + png_chunk(b"IHDR", header)
            + before
            + png_chunk(b"IDAT", pixels)
            + behind
            + png_chunk(b"IEND", b"")
        )
        return path

    return write


@pytest.fixture
def write_tiff() -> Callable[..., Path]:
    """Write an array (H, W) or (H, W, C) of any type, with further tags: number -> (type, values)."""

    def write(
        path: Path,
        values: np.ndarray,
        order: str = "<",
        deflate: bool = False,
        tags: dict[int, tuple[int, bytes | tuple[int, ...]]] | None = None,
    ) -> Path:
        height, width, channels = (*values.shape, 1)[:3]
        kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
        pixels = values.astype(values.dtype.newbyteorder(order)).tobytes()
        pixels = zlib.compress(pixels) if deflate else pixels
        short, long = 3, 4
        entries: dict[int, tuple[int, bytes | tuple[int, ...]]] = {
            256: (long, (width,)),
            257: (long, (height,)),
            258: (short, (values.dtype.itemsize * 8,) * channels),
            259: (short, (8 if deflate else 1,)),
            262: (short, (2 if channels >= 3 else 1,)),
            273: (long, (8,)),
            277: (short, (channels,)),
            278: (long, (height,)),
            279: (long, (len(pixels),)),
            **({338: (short, (2,))} if channels == 4 else {}),
            339: (short, (kind,) * channels),
            **(tags or {}),
        }
        place = 8 + len(pixels) + len(pixels) % 2
        behind = place + 2 + 12 * len(entries) + 4
        fields, contents = b"", b""
        for tag, (type_, content) in sorted(entries.items()):
            packed = (
                content
                if isinstance(content, bytes)
                else struct.pack(order + {3: "H", 4: "I"}[type_] * len(content), *content)
            )
            count = len(content)
            if len(packed) > 4:
                packed += b"\0" * (len(packed) % 2)
                value = struct.pack(order + "I", behind + len(contents))
                contents += packed
            else:
                value = packed.ljust(4, b"\0")
            fields += struct.pack(order + "HHI", tag, type_, count) + value
        head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, place)
        directory = struct.pack(order + "H", len(entries)) + fields + struct.pack(order + "I", 0)
        path.write_bytes(head + pixels + b"\0" * (len(pixels) % 2) + directory + contents)
        return path

    return write
