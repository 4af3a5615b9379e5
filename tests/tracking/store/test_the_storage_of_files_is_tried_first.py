"""Whether files of runs can be stored is found out before any work, and leaves nothing behind."""

import logging
import shutil

import pytest
from tests.bucket import KEY, SECRET

from image_classification.errors import UserError
from image_classification.tracking.store.opening import open_experiment, open_run
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings


@pytest.fixture
def opened(tmp_path, empty_database, bucket_server, monkeypatch):
    """`opened(artifacts, …)`: open the experiment of a database that keeps files there."""
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "MLFLOW_S3_ENDPOINT_URL": bucket_server.url,
    }.items():
        monkeypatch.setenv(name, value)

    def opened(artifacts, **settings):
        settings = TrackingSettings(artifacts=artifacts, **settings)
        store = locate_store(settings, tmp_path, {})
        return *open_experiment(store, settings), store, settings

    return opened


@pytest.mark.parametrize("folder", ["", "/runs", "/a/b c"])
def test_a_bucket_that_is_there(opened, bucket_server, folder):
    bucket = f"there-{len(folder)}"
    bucket_server.make(bucket)
    client, number, store, settings = opened(f"s3://{bucket}{folder}")
    assert bucket_server.keys(bucket) == []
    run_id = client.create_run(number).info.run_id
    open_run(store, settings, run_id, {})
    assert bucket_server.keys(bucket) == []


@pytest.mark.parametrize("folder", ["", "/runs"])
def test_one_that_is_not(opened, folder):
    with pytest.raises(UserError) as told:
        opened(f"s3://nosuchbucket{folder}")
    first, second = str(told.value).splitlines()
    assert first.startswith(f"The files of runs cannot be written to s3://nosuchbucket{folder}: ")
    assert "bucket does not exist" in first
    assert "artifacts in mlflow.yml" in second
    assert SECRET not in str(told.value)


def test_one_that_lets_nobody_in(opened, bucket_server):
    bucket_server.make("closed")
    with bucket_server.asking_for_credentials(), pytest.raises(UserError, match="cannot be written") as told:
        opened("s3://closed/x")
    assert SECRET not in str(told.value)


def test_without_a_record_that_is_required_it_is_a_warning(opened, caplog):
    with caplog.at_level(logging.WARNING):
        client, number, *_ = opened("s3://nosuchbucket/x", required=False)
    assert client.create_run(number)
    (said,) = caplog.messages
    assert "The files of runs cannot be written to s3://nosuchbucket/x" in said
    assert "kept in mlpending/" in said


@pytest.mark.slow
def test_nobody_answers(opened, monkeypatch):
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="refused"):
        opened("s3://bucket/x")
