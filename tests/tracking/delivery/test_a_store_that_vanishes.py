"""A database that is deleted, unwritable or on a full disk costs its record, and is said in one line."""

import logging
import sqlite3

import pytest

from image_classification.tracking.delivery.journal import read
from image_classification.tracking.training import EpochMetrics


def test_a_database_that_is_deleted(client, run, database, pending, caplog):
    on_epoch = EpochMetrics(run)
    on_epoch(1, {"train/loss": 1.0})
    database = type(pending)(database)
    database.unlink()
    with caplog.at_level(logging.WARNING):
        on_epoch(2, {"train/loss": 0.5})
        on_epoch(3, {"train/loss": 0.5})
    (warning,) = caplog.records
    assert f"{database} is not there any more" in warning.getMessage()
    assert run.end("FINISHED") == "RUNNING"
    assert not database.exists()  # nor is an empty one left in its place
    assert [entry.kind for entry in read(next(pending.glob("*.jsonl")))[2]] == ["metrics", "metrics", "end"]


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_while(client, run, database, pending, monkeypatch, caplog):
    on_epoch = EpochMetrics(run)
    pages = {}

    def limit(count):
        """Let no connection of the store make the file larger than so many pages, as a full disk does."""
        pages["limit"] = count

    connect = sqlite3.connect

    def limited(*arguments, **options):
        connection = connect(*arguments, **options)
        if "limit" in pages:
            connection.execute(f"PRAGMA max_page_count = {pages['limit']}")
        return connection

    monkeypatch.setattr(run.client._tracking_client.store.engine.dialect.loaded_dbapi, "connect", limited)
    limit(1)
    with caplog.at_level(logging.WARNING):
        for epoch in range(1, 200):
            on_epoch(epoch, {f"train/{number}": 1.0 for number in range(20)})
    (said,) = [record for record in caplog.records if record.name.startswith("image_classification")]
    assert "full" in said.getMessage()

    limit(4_000_000)
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert len(client.get_metric_history(run.run_id, "train/0")) == 199


def test_a_folder_that_takes_no_file_either(client, run, lock, pending, monkeypatch, caplog):
    """Then the metrics are kept in memory, and the end says that they are lost."""
    monkeypatch.setattr("image_classification.tracking.run.WAIT_OF_AN_EPOCH", 0.05)
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    pending.write_text("a file where the folder would be")
    release = lock()
    EpochMetrics(run)(1, {"train/loss": 1.0})
    with caplog.at_level(logging.WARNING):
        assert run.end("FINISHED") == "RUNNING"
        run.say_what_is_missing()
    assert "Not all could be kept" in caplog.records[-1].getMessage()

    release()
    run.patience = 60
    assert run.end("FINISHED") == "FINISHED"
    assert client.get_run(run.run_id).data.metrics == {"train/loss": 1.0}


@pytest.mark.parametrize("content", [b"no database " * 1000, b""])
def test_a_database_that_is_damaged(run, database, content, pending, monkeypatch):
    monkeypatch.setattr("image_classification.tracking.run.LEAST_WAIT", 0.1)
    type(pending)(database).write_bytes(content)
    EpochMetrics(run)(1, {"train/loss": 1.0})
    assert run.end("FINISHED") == "RUNNING"
    assert pending.exists()
