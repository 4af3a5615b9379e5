"""`kedro serve` beside `mlflow models serve`, with the same network of MNIST, under 1, 8 and 32 clients.

A client sends one picture of 28×28 pixels after the other over a connection that stays open: a PNG file to
this project's server, the pixels as JSON to MLflow's, as each takes them. Clients and server share the
machine.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from statistics import median, quantiles
from threading import Thread
from time import monotonic, perf_counter, sleep

import numpy as np
import numpy.typing as npt
from mlflow.models import Model
from PIL import Image
from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.project import environment
from tests.programs import running

from image_classification.networks.classifier import NetworkDescription, NetworkOptions, build_classifier
from image_classification.networks.storage import save_classifier
from image_classification.tracking.logged_model.model import model_metadata, save_model

CLIENTS = (1, 8, 32)
PICTURES = 64
SECONDS, SECONDS_QUICK = 2.0, 0.5
START = 120.0  # seconds that a server may take until it answers


@dataclass
class Side:
    """A server, what it is sent, and how long each answer took.

    Args:
        port: where it listens.
        path: that is asked.
        content_type: of what is sent.
        bodies: one for each picture.
        seconds: of each answer, by the number of clients.
    """

    port: int
    path: str
    content_type: str
    bodies: list[bytes]
    seconds: dict[int, list[float]] = field(default_factory=dict)

    def rate(self, clients: int, duration: float) -> float:
        """Send for so many seconds; return the requests that were answered in one."""
        taken: list[list[float]] = [[] for _ in range(clients)]
        started = perf_counter()
        threads = [
            Thread(target=self._send, args=(number, duration, taken[number])) for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = perf_counter() - started
        all_taken = [each for one in taken for each in one]
        self.seconds.setdefault(clients, []).extend(all_taken)
        return len(all_taken) / wall

    def _send(self, number: int, duration: float, taken: list[float]) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        until = perf_counter() + duration
        while (began := perf_counter()) < until:
            self.answer(connection, self.bodies[(number + len(taken)) % len(self.bodies)])
            taken.append(perf_counter() - began)
        connection.close()

    def answer(self, connection: HTTPConnection, body: bytes) -> bytes:
        """Send a picture, and return what is answered.

        Raises:
            RuntimeError: it is not answered.
        """
        connection.request("POST", self.path, body, {"Content-Type": self.content_type})
        reply = connection.getresponse()
        content = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{self.path} answered {reply.status}: {content[:300]!r}")
        return content


def run(workspace: Workspace) -> list[Row]:
    """Measure both servers alternately, for each number of clients."""
    network, folder = workspace.scratch / "network.safetensors", workspace.scratch / "model"
    write_network(network, folder)
    pixels = np.random.default_rng(0).integers(0, 256, (PICTURES, 28, 28), dtype=np.uint8)
    duration = SECONDS_QUICK if workspace.quick else SECONDS
    with our_server(workspace, network, pixels) as ours, mlflow_server(workspace, folder, pixels) as theirs:
        require_same_answers(ours, theirs)
        rows = []
        for clients in CLIENTS:
            measured = side_by_side(
                {
                    "ours": partial(ours.rate, clients, duration),
                    "mlflow": partial(theirs.rate, clients, duration),
                },
                rounds=3 if workspace.quick else 5,
                warm_up=True,
            )
            rows.append(_row(clients, measured, ours, theirs))
    return rows


def _row(clients: int, measured: Mapping[str, tuple[float, ...]], ours: Side, theirs: Side) -> Row:
    sent = "1 client" if clients == 1 else f"{clients} clients"
    note = f"Time of an answer, {sent}: {latency(ours, clients)} here, {latency(theirs, clients)} by MLflow."
    return compared(
        "serving",
        f"`kedro serve`, a convolutional network of MNIST, {sent} with one picture at a time",
        "`mlflow models serve --env-manager local`, the same network",
        "requests/s",
        measured["ours"],
        measured["mlflow"],
        notes=(note,),
    )


def latency(side: Side, clients: int) -> str:
    """Return median and 99th percentile of all answers under so many clients."""
    taken = side.seconds[clients]
    return f"p50 {median(taken) * 1000:.1f} ms, p99 {quantiles(taken, n=100)[98] * 1000:.1f} ms"


def write_network(file: Path, folder: Path) -> None:
    """Write the usual network with weights that were drawn: as a file of ours, and as MLflow's model."""
    description = NetworkDescription(
        network="convnet",
        options=NetworkOptions().chosen.model_dump(),
        image_shape=(1, 28, 28),
        class_names=tuple(map(str, range(10))),
        mean=(0.1307,),
        std=(0.3081,),
        data_name="mnist",
        index_digest="0" * 64,
    )
    classifier = build_classifier(description)
    save_classifier(classifier, file)
    save_model(classifier.eval(), folder, Model(metadata=model_metadata(classifier)))


@contextmanager
def our_server(workspace: Workspace, network: Path, pixels: npt.NDArray[np.uint8]) -> Iterator[Side]:
    """Have `kedro serve` run in the block."""
    side = Side(free_port(), "/predict?top=10", "image/png", [_png(each) for each in pixels])
    command = ["-m", "image_classification", "serve", "--model", network, "--port", side.port]
    with started(workspace, command, side, "/health"):
        yield side


@contextmanager
def mlflow_server(workspace: Workspace, folder: Path, pixels: npt.NDArray[np.uint8]) -> Iterator[Side]:
    """Have `mlflow models serve` run in the block."""
    bodies = [json.dumps({"inputs": each[None, None].tolist()}).encode() for each in pixels]
    side = Side(free_port(), "/invocations", "application/json", bodies)
    command = ["-m", "mlflow", "models", "serve", "--model-uri", folder, "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", side.port]
    with started(workspace, command, side, "/ping"):
        yield side


@contextmanager
def started(workspace: Workspace, command: list[object], side: Side, ready: str) -> Iterator[None]:
    """Have a server run in the block, with all that it has started; wait until it answers.

    Raises:
        RuntimeError: it does not.
    """
    log = workspace.scratch / f"{side.port}.log"
    here = str(Path(sys.executable).parent)  # MLflow starts a program by its name
    with (
        log.open("w") as output,
        running(
            [sys.executable, *map(str, command)],
            cwd=workspace.scratch,
            env=environment(workspace, PATH=os.pathsep.join([here, os.environ["PATH"]])),
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        ) as process,
    ):
        until = monotonic() + START
        while not answers(side.port, ready):
            if process.poll() is not None or monotonic() > until:
                raise RuntimeError(
                    f"{' '.join(map(str, command))} does not answer:\n{log.read_text()[-2000:]}"
                )
            sleep(0.1)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def answers(port: int, path: str) -> bool:
    """Tell whether a server is ready."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def require_same_answers(ours: Side, theirs: Side) -> None:
    """Require both to do the same work.

    Raises:
        RuntimeError: their probabilities differ.
    """
    for body, other in zip(ours.bodies[:3], theirs.bodies[:3], strict=True):
        told = json.loads(ours.answer(HTTPConnection("127.0.0.1", ours.port), body))["images"][0][
            "probabilities"
        ]
        found = {int(each["label"]): each["probability"] for each in told}
        (expected,) = json.loads(theirs.answer(HTTPConnection("127.0.0.1", theirs.port), other))[
            "predictions"
        ]
        if not np.allclose([found[place] for place in range(10)], expected, atol=1e-4):
            raise RuntimeError(f"the servers do not agree: {found} and {expected}")


def free_port() -> int:
    """Return a port on which nothing listens."""
    with create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()
