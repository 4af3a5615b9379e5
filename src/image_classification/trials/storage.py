"""The database in which processes and machines agree on who trains what: a file, or a server."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import RDBStorage
from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from image_classification.errors import UserError
from image_classification.processes.passwords import own_arguments
from image_classification.trials.address import SQLITE, file_of

# seconds between two signs of life of a training, and without one until others take it for dead
HEARTBEAT, GRACE = 10, 60
# seconds that a process waits for others that write at the same time
_PATIENCE = 60
# seconds until a server that does not answer is given up
_TIMEOUT = 20
# numbers for locks of PostgreSQL that nobody else is likely to use
_CREATION, _TURN = 7_305_216_449, 7_305_216_450
# databases that are of the installed version of Optuna: to find that out takes a tenth of a second each time
_compatible: set[str] = set()


def open_storage(address: str) -> RDBStorage:
    """Open the database, and create it if it is not there.

    Raises:
        UserError: it cannot be opened; or what talks to it is not installed.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    file = file_of(address)
    try:
        return _open_file(file) if file else _open_server(address)
    except ImportError as error:
        raise UserError(
            "Trainings can be shared over PostgreSQL only where psycopg is installed: "
            'pip install "image-classification[postgresql]"'
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError, RuntimeError) as error:
        raise UserError(
            f"The database {address}, which says who trains what, cannot be used: {_reason(error)}\n"
            f"{_remedy(error)} another one by the option storage of the command, or none, which takes a file "
            "in the data folder."
        ) from error


@contextmanager
def losses_told(address: str) -> Iterator[None]:
    """Say what happened and what to do where the database is lost within the block.

    Raises:
        UserError: it is, for example because its server was stopped.
    """
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise UserError(
            f"The database {address}, which says who trains what, was lost: {_reason(error)}\n"
            "What is done is kept in it: once it can be reached again, the same command goes on from there."
        ) from error


def _remedy(error: BaseException) -> str:
    """Say what a person can do about what a server has said."""
    reason = str(error).lower()
    if "database" in reason and "does not exist" in reason:
        return "Create it (createdb), or name"
    if "password" in reason or "authentication" in reason:
        return "Its password stands in PGPASSWORD or in ~/.pgpass. Or name"
    return "Name"


def _reason(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error.__cause__ or error
    return str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__


def _open_file(file: Path) -> RDBStorage:
    file.parent.mkdir(parents=True, exist_ok=True)
    # two processes that create the tables at the same moment would meet
    with FileLock(file.with_name(f"{file.name}.lock")):
        arguments = {"timeout": _PATIENCE, "isolation_level": None}
        storage = _storage(f"{SQLITE}{file}", {"connect_args": arguments})
    # a state is looked at and changed in one: SQLite by itself would lock the database at the change only,
    # and two processes that have both looked before would both take the same training
    event.listen(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return storage


def _open_server(address: str) -> RDBStorage:
    url = _url(address)
    options = {"pool_pre_ping": True, "connect_args": _arguments(url)}
    if url in _compatible:
        return _storage(url, options)
    # two that create the tables at the same moment would meet
    with _connection(url, _CREATION):
        return _storage(url, options)


@contextmanager
def alone(address: str) -> Iterator[None]:
    """Keep all other processes that do the same out of the block."""
    if file := file_of(address):
        with FileLock(file.with_name(f"{file.name}.turn")):
            yield
        return
    with _connection(_url(address), _TURN):
        yield


@contextmanager
def _connection(url: str, lock: int) -> Iterator[None]:
    """Hold a lock of the server; the end of the connection frees it."""
    engine = create_engine(url, poolclass=NullPool, connect_args=_arguments(url))
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({lock})")
        yield


def _arguments(url: str) -> dict[str, Any]:
    return {"connect_timeout": _TIMEOUT, **own_arguments(url)}


def _url(address: str) -> str:
    return f"postgresql+psycopg://{address.partition('://')[2]}"


def _storage(url: str, engine: dict[str, Any]) -> RDBStorage:
    with without_its_warnings():
        storage = RDBStorage(
            url,
            engine_kwargs=engine,
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            skip_compatibility_check=url in _compatible,
        )
    _compatible.add(url)
    return storage


@contextmanager
def without_its_warnings() -> Iterator[None]:
    """Say nothing of what Optuna calls experimental, nor of heartbeats, which heartbeat.py sees to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", "Heartbeat of storage is supposed", UserWarning)
        yield
