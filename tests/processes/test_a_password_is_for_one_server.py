"""The password of one database server is told to no other one."""

import socket
import threading

import pytest

from image_classification.errors import UserError
from image_classification.processes.passwords import own_arguments, put_password
from image_classification.trials.storage import open_storage

VALUES = {"PGUSER": "me", "PGPASSWORD": "hidden"}


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://host/other",
        "postgresql+psycopg://me@HOST:5432/db",
        "postgresql:///db?host=host",
        "postgresql://host:1/db?port=5432&user=me",
    ],
)
def test_the_same_server_is_told(address):
    environ = {}
    put_password("postgresql://host/db", VALUES, environ)
    assert own_arguments(address, environ) == {}


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://you@host/db",
        "postgresql://host:5433/db",
        "postgresql://me@elsewhere/db",
        "postgresql://elsewhere/db",
        "postgresql://host/db?host=elsewhere",
        "postgresql://me@[::1]:5432/db",
        "postgresql:///db",
    ],
)
def test_another_one_is_not(address):
    environ = {}
    put_password("postgresql://host/db", VALUES, environ)
    arguments = own_arguments(address, environ)
    assert arguments["password"] == ""
    assert "hidden" not in arguments.values()
    assert arguments.get("user", "") != "me"


@pytest.mark.parametrize("given", [{"PGPASSWORD": "own"}, {"PGPASSWORD": "own", "PGUSER": "I"}])
def test_what_a_person_has_put_there_counts_for_all(given):
    environ = dict(given)
    put_password("postgresql://host/db", VALUES, environ)
    assert environ["PGPASSWORD"] == "own"
    assert own_arguments("postgresql://elsewhere/db", environ) == {}


def test_that_of_an_earlier_store_is_forgotten():
    environ = {}
    put_password("postgresql://host/db", VALUES, environ)
    put_password("postgresql://elsewhere/db", {"PGUSER": "you"}, environ)
    assert environ == {"PGUSER": "you"}


def test_nothing_of_it_is_sent(monkeypatch):
    pytest.importorskip("psycopg")
    environ = {}
    put_password("postgresql://me@host/db", VALUES, environ)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    heard = bytearray()

    with socket.create_server(("127.0.0.1", 0)) as server:

        def ask_for_a_password():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    wish = connection.recv(4096)
                    if wish[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # for encryption
                        connection.sendall(b"N")
                        heard.extend(connection.recv(4096))
                    else:
                        heard.extend(wish)
                    connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x03")
                    heard.extend(connection.recv(4096))

        thread = threading.Thread(target=ask_for_a_password, daemon=True)
        thread.start()
        with pytest.raises(
            UserError,
            match=r"no password supplied[^\n]*\nIts password stands in PGPASSWORD or in ~/.pgpass\.",
        ):
            open_storage(f"postgresql://somebody@127.0.0.1:{server.getsockname()[1]}/trials")
        server.shutdown(socket.SHUT_RDWR)
    assert b"somebody" in heard
    assert b"hidden" not in heard
