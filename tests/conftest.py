"""Fixtures for tests that run the real project, in a folder of their own.

`project` is a copy of the project's configuration with empty data folders; the code is the installed one. Run
it in this process with `kedro.framework.session.KedroSession.create(project)`, or in another one with
`run_command`.
`tiny_mnist` is a mirror with four small archives in the format of MNIST.
"""

import gc
import gzip
import hashlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from logging.handlers import QueueHandler
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from filelock import FileLock
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from matplotlib.figure import Figure
from mlflow import MlflowClient
from tests.disk import rights_of_the_owner_only
from tests.loaded_process import LoadedProcess
from tests.postgresql import NoServerError, Server, postgresql
from tests.shortcuts import save_undrawn, take

from image_classification.images.idx import mnist
from image_classification.images.idx.download import RemoteFile
from image_classification.options import Speech, speak

if TYPE_CHECKING:
    from tests.bucket import Server as S3Server

ROOT = Path(__file__).parents[1]

# What would leak from the environment of whoever runs the tests into the project under test.
LEAKING = (
    "KEDRO_ENV",
    "KEDRO_LOGGING_CONFIG",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_EXPERIMENT_ID",
    "MNIST_MIRROR",
    "IMAGE_CLASSIFICATION_REMOTE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "MLFLOW_S3_ENDPOINT_URL",
    "PGUSER",
    "PGPASSWORD",
)


# As in a terminal, also where it is ignored, as in a shell's background: some tests interrupt what they run.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# To look for garbage among all libraries and thousands of tests takes most of a second each time.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from here on, rarely, and only among what tests make."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 100)


def pytest_unconfigure() -> None:
    """Let Python clear up at its end; a library complains of what is left."""
    gc.unfreeze()


def write_tiny_mnist(folder: Path, train: int = 200, test: int = 50, seed: int = 0) -> tuple[RemoteFile, ...]:
    """Write four archives of IDX files: 28x28 pictures of noise in which the digit's own rows are bright.

    Returns:
        Name, MD5 and size of each, in the order of `images.mnist.ARCHIVES`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    for prefix, count in (("train", train), ("t10k", test)):
        labels = np.resize(np.arange(10, dtype=np.uint8), count)
        images = generator.integers(0, 64, size=(count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label + 4 : 2 * label + 6] += 180
        _write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", images)
        _write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels)
    return tuple(_remote_file(folder / archive.name) for archive in mnist.ARCHIVES)


def _write_idx(path: Path, values: np.ndarray) -> None:
    head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    path.write_bytes(gzip.compress(head + values.tobytes(), compresslevel=1, mtime=0))


def _remote_file(path: Path) -> RemoteFile:
    content = path.read_bytes()
    return RemoteFile(path.name, hashlib.md5(content, usedforsecurity=False).hexdigest(), len(content))


@pytest.fixture(autouse=True)
def plain_speech() -> Iterator[None]:
    """Messages name options as in a script, until a run in this process changes that, for this test only."""
    speak(Speech())
    yield
    speak(Speech())


@pytest.fixture
def strict() -> Iterator[None]:
    """The permissions of files hold for this test, even where it is run by root."""
    try:
        with rights_of_the_owner_only():
            yield
    except (OSError, AttributeError) as error:
        pytest.skip(f"permissions do not hold for this user: {error}")


@pytest.fixture
def heard() -> Iterator[Callable[[], str]]:
    """The messages of the project as they come, in whatever thread: `heard()` waits for the next one."""
    messages: queue.Queue[logging.LogRecord] = queue.Queue()
    listener = QueueHandler(messages)
    logging.getLogger("image_classification").addHandler(listener)
    yield lambda: messages.get(timeout=60).getMessage()
    logging.getLogger("image_classification").removeHandler(listener)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are saved as one black pixel."""
    monkeypatch.setattr(Figure, "savefig", save_undrawn)


# what draws, whatever test needs a trained project first
_DRAW = Figure.savefig

SharedByWorkers = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> SharedByWorkers:
    """Fill a folder once for all processes that share the tests: `shared_by_workers(name, fill)`.

    What comes back is for copying: what a test does to it other tests would see.
    """
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def share(name: str, fill: Callable[[Path], object]) -> Path:
        folder = root / "shared" / name
        done = folder.with_name(f"{name}.done")
        folder.parent.mkdir(exist_ok=True)
        with FileLock(folder.with_name(f"{name}.lock")):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # left by one that failed
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return share


@pytest.fixture(scope="session")
def bucket_server() -> Iterator["S3Server"]:
    """A server on this machine that answers as S3 does."""
    from tests.bucket import Server  # noqa: PLC0415  (a second, and few tests need it)

    server = Server()
    yield server
    server.stop()


@pytest.fixture
def tiny_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with 200 training and 50 test images, which this process takes for MNIST."""
    return serve_tiny_mnist(tmp_path / "mirror", monkeypatch)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment decides what the project under test does."""
    for name in LEAKING:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def many_sessions() -> Iterator[None]:
    """Many sessions of Kedro begin in this process."""
    with pytest.MonkeyPatch.context() as patch:
        take(patch.setattr)
        yield


@pytest.fixture(scope="session")
def empty_database(shared_by_workers: SharedByWorkers) -> Path:
    """An empty MLflow database: to create one takes seconds, to copy it nothing."""

    def create(folder: Path) -> None:
        MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()

    return shared_by_workers("database", create) / "mlflow.db"


MakeProject = Callable[[Path], Path]


@pytest.fixture(scope="session")
def make_project(empty_database: Path) -> MakeProject:
    """Make the project anew in a folder: its configuration without a person's own, no data, no runs."""

    def make(folder: Path) -> Path:
        own = shutil.ignore_patterns("local")
        shutil.copytree(ROOT / "conf", folder / "conf", ignore=own)
        for name in ("pyproject.toml", ".telemetry"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "src").mkdir()
        for layer in sorted((ROOT / "data").iterdir()):
            if layer.is_dir() and not layer.name.startswith("."):  # locks of a run in this project
                (folder / "data" / layer.name).mkdir(parents=True)
        shutil.copy(empty_database, folder / "mlflow.db")
        return folder

    return make


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, make_project: MakeProject) -> Path:
    """A copy of the project for one test, in which nothing was run."""
    return make_project(tmp_path / "project")


@pytest.fixture
def project(project_folder: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, made the project of this process and its current folder; its pictures are one black pixel."""
    return enter(project_folder, monkeypatch)


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder the project of this process, until the patch is undone."""
    for name in LEAKING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    bootstrap_project(folder)
    return folder


def serve_tiny_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a mirror with 200 training and 50 test images, which this process takes for MNIST."""
    monkeypatch.setattr(mnist, "ARCHIVES", write_tiny_mnist(folder))
    monkeypatch.setenv("MNIST_MIRROR", folder.as_uri())
    return folder


Train = Callable[..., Path]


@pytest.fixture(scope="session")
def train_once(shared_by_workers: SharedByWorkers, make_project: MakeProject) -> Train:
    """Train on the tiny MNIST in a project of its own, once for each choice of parameters.

    The folder that comes back is for copying: what a test does to it another one would see.
    """

    def train(*, network: str = "convnet", epochs: int = 2, lr: float = 0.01) -> Path:
        modelling = {
            "network": {"name": network},
            "training": {"epochs": epochs, "batch_size": 32},
            "optimizer": {"adam": {"lr": lr}},
        }

        def fill(parent: Path) -> None:
            folder = make_project(parent / "project")
            with pytest.MonkeyPatch.context() as patch:
                enter(folder, patch)
                patch.setattr(Figure, "savefig", _DRAW)
                serve_tiny_mnist(parent / "mirror", patch)
                with KedroSession.create(folder, runtime_params={"modelling": modelling}) as session:
                    session.run(pipeline_names=["training"])

        return shared_by_workers(f"trained_{network}_{epochs}_{lr}", fill) / "project"

    return train


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server."""
    pytest.importorskip("psycopg")
    try:
        with postgresql() as server:
            yield server
    except NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture
def postgresql_url(
    postgresql_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of an empty database on it, whose password is in PGPASSWORD as a person puts it there."""
    import psycopg  # noqa: PLC0415  may be absent

    monkeypatch.setenv("PGPASSWORD", postgresql_server.password)
    name = f"of_test_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]}"
    with psycopg.connect(postgresql_server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        yield postgresql_server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


RunCommand = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def loaded_process_of_all() -> Iterator[LoadedProcess]:
    process = LoadedProcess()
    yield process
    process.close()


@pytest.fixture
def loaded_process(loaded_process_of_all: LoadedProcess) -> Iterator[LoadedProcess]:
    """A process with the libraries loaded, of which commands are forked; it starts with the first of them."""
    yield loaded_process_of_all
    loaded_process_of_all.end_all()


@pytest.fixture
def run_command(loaded_process: LoadedProcess, clean_environment: None) -> RunCommand:
    """Run `python -m <arguments>` in a folder, for example `run_command(folder, "kedro", "run")`."""

    def run(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return loaded_process.run(folder, arguments, os.environ | variables)

    return run


@pytest.fixture
def run_new_process(clean_environment: None) -> RunCommand:
    """Do the same as `run_command` from the very first import on, seconds later."""

    def run(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
