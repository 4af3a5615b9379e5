"""Results are copied to a bucket: what is new of them, with a record of which there are."""

import json

import fsspec
import pytest
from tests.bucket import SECRET

from image_classification.errors import UserError
from image_classification.remote.access import access
from image_classification.remote.results import RECORD, ResultsFolder


@pytest.fixture
def files(tmp_path):
    (tmp_path / "06_models").mkdir()
    for name in ("06_models/network.safetensors", "06_models/with space ü.json", "top.html"):
        (tmp_path / name).write_text(name)
    return {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["", "/a/b c"])
def test_all_of_them_and_later_what_is_new(begin, server, bucket, files, folder):
    server.make(bucket)
    assert ResultsFolder(f"s3://{bucket}{folder}", access(), "kedro run").bring(files) == 3
    prefix = f"{folder}/".lstrip("/")
    assert set(server.keys(bucket)) == {prefix + name for name in [*files, RECORD]}
    assert all(server.read(bucket, prefix + name) == path.read_bytes() for name, path in files.items())
    assert json.loads(server.read(bucket, prefix + RECORD))["status"] == "complete"
    files["top.html"].write_text("other")
    again = ResultsFolder(f"s3://{bucket}{folder}", access(), "kedro run again")
    assert again.bring(files) == 1
    assert again.bring(files) == 0
    assert server.read(bucket, prefix + "top.html") == b"other"
    assert json.loads(server.read(bucket, prefix + RECORD))["command"] == "kedro run again"


def test_it_is_known_that_not_all_are_there(begin, server, bucket, files, monkeypatch):
    server.make(bucket)
    results = ResultsFolder(f"s3://{bucket}/x", access(), "kedro run")

    def put(source, target):
        raise ConnectionResetError("gone")

    monkeypatch.setattr(results._store, "put_file", put)
    with pytest.raises(UserError, match="gone"):
        results.bring(files)
    assert json.loads(server.read(bucket, f"x/{RECORD}"))["status"] == "incomplete"
    assert ResultsFolder(f"s3://{bucket}/x", access(), "kedro run").bring(files) == 3


@pytest.mark.parametrize("text", ["results", "/results", "https://host/results", "file:///results"])
def test_what_is_no_folder_of_a_bucket(begin, text):
    with pytest.raises(UserError, match="no folder of a bucket"):
        ResultsFolder(text, access(), "kedro run")


def test_what_cannot_be_written_is_told_before_any_work(begin, server, bucket):
    with pytest.raises(UserError, match=f"there is no bucket {bucket}"):
        ResultsFolder(f"s3://{bucket}/x", access(), "kedro run")
    server.make(bucket)
    with server.asking_for_credentials(), pytest.raises(UserError, match="may not be") as told:
        ResultsFolder(f"s3://{bucket}/x", access(), "kedro run")
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"files": 3}', b"\xff"])
def test_a_record_that_is_damaged_is_taken_for_none(begin, bucket, files, content):
    fsspec.filesystem("memory").pipe(f"/{bucket}/x/{RECORD}", content)
    assert ResultsFolder(f"memory://{bucket}/x", access(), "kedro run").bring(files) == 3
