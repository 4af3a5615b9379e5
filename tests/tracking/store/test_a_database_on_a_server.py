"""Runs in PostgreSQL: who is let in records there; who is not is told at once, and no password is shown."""

import socket
from contextlib import ExitStack, contextmanager

import pytest
from tests.postgresql import USER, NoServerError, postgresql

from image_classification.errors import UserError
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings


def store_at(address, tmp_path, **settings):
    chosen = TrackingSettings(tracking_uri=address, **settings)
    return locate_store(chosen, tmp_path, {}), chosen


@contextmanager
def own_server():
    """Run a server that nobody else uses, as the test outlives it."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql())
        except NoServerError as error:
            pytest.skip(str(error))
        yield server


@pytest.mark.slow
def test_who_is_let_in(tmp_path, monkeypatch):
    monkeypatch.setenv("PGUSER", USER)
    with own_server() as server:
        address = server.nobodys_url()
        monkeypatch.setenv("PGPASSWORD", "wrong-word")
        with pytest.raises(UserError, match="password authentication failed") as told:
            open_experiment(*store_at(address, tmp_path))
        assert "wrong-word" not in str(told.value)
        assert "lets nobody in with this name and password" in str(told.value)
        assert "Start it" not in str(told.value)
        monkeypatch.setenv("PGPASSWORD", server.password)
        files = (tmp_path / "elsewhere").as_uri()
        store, settings = store_at(address, tmp_path, experiment="team", artifacts=files)
        client, number = open_experiment(store, settings)
        assert client.get_experiment(number).artifact_location == files
        here, settings = store_at(address, tmp_path, experiment="mine")
        client, number = open_experiment(here, settings)
        assert client.get_experiment(number).artifact_location == (tmp_path / "mlartifacts").as_uri()
        assert store.is_reachable(5)
    assert not store.is_reachable(5)


def test_nobody_answers(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        address = f"postgresql://me:hidden-word@127.0.0.1:{taken.getsockname()[1]}/runs"
        store, settings = store_at(address, tmp_path)
        with pytest.raises(UserError, match=r"The database postgresql://127.*refused") as told:
            open_experiment(store, settings)
    assert "hidden-word" not in str(told.value)
    assert "hidden-word" not in store.shown


def test_a_library_that_is_missing(tmp_path):
    store, settings = store_at("postgresql+nosuchdriver://host/runs", tmp_path)
    with pytest.raises(UserError, match=r"pip install .image-classification\[postgresql\]"):
        open_experiment(store, settings)
