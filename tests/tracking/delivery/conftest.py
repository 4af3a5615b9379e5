"""A real store that another program locks, and runs that wait for it only shortly."""

import shutil
import sqlite3

import pytest
from mlflow import MlflowClient

from image_classification.tracking.announcement import RunEnvironment, announce_place, withdraw_place
from image_classification.tracking.delivery import outbox
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.settings import TrackingSettings

PATIENCE = 0.6  # seconds that a run of these tests waits in all


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Runs are recorded in the test's folder, and little time is spent on a store that fails."""
    monkeypatch.setattr(outbox, "SOON", 0.05)
    announce_place(TrackingSettings(patience=PATIENCE), tmp_path)
    environment = RunEnvironment()
    environment.calm()
    yield tmp_path
    environment.restore()
    withdraw_place()


@pytest.fixture
def database(tmp_path, empty_database):
    return shutil.copy(empty_database, tmp_path / "mlflow.db")


@pytest.fixture
def client(database):
    return MlflowClient(f"sqlite:///{database}")


@pytest.fixture
def run(client):
    return TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)


@pytest.fixture
def pending(tmp_path):
    """The folder of what is to be delivered later."""
    return tmp_path / "mlpending"


@pytest.fixture
def lock(database):
    """Another program that locks the database: call it to lock, and the result to release."""
    connections = []

    def locked():
        connection = sqlite3.connect(database, isolation_level=None, timeout=60, check_same_thread=False)
        connections.append(connection)
        connection.execute("BEGIN EXCLUSIVE")
        return connection.close

    yield locked
    for connection in connections:
        connection.close()
