"""A real server on a free port, in a thread, and a client that speaks HTTP to it."""

import io
import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.classifier import Classifier
from image_classification.serving.model import Origin, ServedModel
from image_classification.serving.options import ServingOptions
from image_classification.serving.server import Server, listen, server_of

NAMES = ("owl", "cat, grey", "<b>dog</b>")
BOUNDARY = "parts"
CALIBRATION = Calibration(
    temperature=2.0,
    images=100,
    coverage=0.9,
    set_least=0.3,
    right=0.9,
    confidence=0.9,
    answer_above=0.4,
    strangers=0.01,
    answered=0.5,
)


def tiny_network(channels: int = 3, calibration: Calibration | None = None, mean: float = 0.4) -> Classifier:
    return build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [6], "dropout": 0.5, "log_softmax": False},
            image_shape=(channels, 6, 5),
            resize="letterbox",
            class_names=NAMES,
            mean=(mean,) * channels,
            std=(0.1,) * channels,
            data_name="made up",
            index_digest="0" * 64,
            calibration=calibration,
        ),
        seed=5,
    )


class Waits(nn.Module):
    """A body that answers once it may: `may_go.set()`."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go, self.has_begun = threading.Event(), threading.Event()
        self.may_go.set()  # for the first image, before anybody asks

    def forward(self, images: Tensor) -> Tensor:
        self.has_begun.set()
        assert self.may_go.wait(60)
        return images.mean(dim=(2, 3))

    def hold(self) -> None:
        """Have the next images wait."""
        self.may_go.clear()
        self.has_begun.clear()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Running:
    """A server that runs, and how it is asked."""

    port: int
    server: Server
    thread: threading.Thread

    def ask(
        self,
        path: str,
        content: bytes | None = None,
        content_type: str | None = None,
        method: str | None = None,
        **headers: str,
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        if content_type:
            headers["Content-Type"] = content_type
        method = method or ("GET" if content is None else "POST")
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return reply

    def send(self, *files: bytes | tuple[str, bytes], path: str = "/predict") -> Reply:
        """Send files in a form."""
        named = [each if isinstance(each, tuple) else (f"{n}.png", each) for n, each in enumerate(files)]
        return self.ask(path, form(*named), f"multipart/form-data; boundary={BOUNDARY}")

    def post(self, asked: Any, path: str = "/predict") -> Reply:
        return self.ask(path, json.dumps(asked).encode(), "application/json")

    def number(self, name: str) -> float:
        """Return one of the numbers for Prometheus, by its name with labels; 0 if it is not there."""
        lines = self.ask("/metrics").content.decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def until(self, name: str, value: float) -> None:
        """Ask until a number has that value; what never comes ends with the time of the test."""
        while self.number(name) != value:
            pass


def form(*files: tuple[str, bytes]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def picture(mode: str = "RGB", size: tuple[int, int] = (9, 14), seed: int = 0, kind: str = "PNG") -> bytes:
    """Return the content of a picture file of noise."""
    numbers = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(numbers).convert(mode).save(content, kind)
    return content.getvalue()


def plain(size: tuple[int, int]) -> bytes:
    """Return the content of a large picture in a small file."""
    content = io.BytesIO()
    Image.new("1", size).save(content, "PNG")
    return content.getvalue()


def said_to_be(size: tuple[int, int]) -> bytes:
    """Return the beginning of a picture file that says that it has this size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    return plain((1, 1))[:12] + head + struct.pack(">I", zlib.crc32(head)) + plain((1, 1))[33:]


@contextmanager
def running(network: Classifier, **options: Any) -> Iterator[Running]:
    """Serve a network during the block."""
    ready = threading.Event()
    chosen = ServingOptions(**{"port": 0, "stop_s": 5.0} | options)
    server = server_of(ServedModel(network, Origin("a test", {"run": "7"})), chosen, ready.set)
    with listen(chosen.host, chosen.port) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert ready.wait(60)
        try:
            yield Running(port, server, thread)
        finally:
            server.should_exit = True
            thread.join(60)


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server: `start(network, timeout_s=…)`."""
    opened = []

    def begin(network: Classifier | None = None, **options: Any) -> Running:
        block = running(network or tiny_network(), **options)
        server = block.__enter__()
        opened.append(block)
        return server

    yield begin
    for block in opened:
        block.__exit__(None, None, None)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of a network of coloured images that knows its limits, for all tests of a module."""
    with running(tiny_network(calibration=CALIBRATION)) as started:
        yield started


@pytest.fixture
def waiting_server(start: Start) -> Callable[..., tuple[Running, Waits]]:
    """A server of a network that waits."""

    def begin(**options: Any) -> tuple[Running, Waits]:
        body = Waits()
        server = start(Classifier(body, tiny_network().description), **options)
        body.hold()
        return server, body

    return begin


def in_background(call: Callable[[], Reply]) -> Callable[[], Reply]:
    """Begin a call in a thread; return what waits for its reply."""
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.append(call()))
    thread.start()

    def reply() -> Reply:
        thread.join(60)
        return replies[0]

    return reply


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small products are the same whatever is computed beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
