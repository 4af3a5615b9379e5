"""Results are copied to a bucket: what is new of them, with a record of which there are and of which runs."""

import json
import logging

import fsspec
import pytest
from tests.bucket import SECRET

from image_classification.errors import UserError
from image_classification.processes.identity import this_process
from image_classification.remote.access import access
from image_classification.remote.claims import FOLDER
from image_classification.remote.results import RECORD, ResultsFolder, Source

BY = Source("run-a", "kedro run", "2030-01-01T10:00:00+00:00")


@pytest.fixture
def made(tmp_path):
    """`made(text, …, by=…)`: files that a run has made, with that text in each."""

    def make(text="", *names, by=BY):
        names = names or ("06_models/network.safetensors", "06_models/with space ü.json", "top.html")
        for name in names:
            (tmp_path / "made" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "made" / name).write_text(f"{text} {name}")
        return {name: (tmp_path / "made" / name, by) for name in names}

    return make


def folder(address):
    return ResultsFolder(address, access())


def in_memory(bucket, name=RECORD):
    return json.loads(fsspec.filesystem("memory").cat(f"/{bucket}/x/{name}"))


@pytest.mark.parametrize("inside", ["", "/a/b c"])
def test_all_of_them_and_later_what_is_new(begin, server, bucket, made, inside):
    server.make(bucket)
    files = made()
    assert folder(f"s3://{bucket}{inside}").bring(files, BY) == 3
    prefix = f"{inside}/".lstrip("/")
    assert set(server.keys(bucket)) == {prefix + name for name in [*files, RECORD]}
    assert all(server.read(bucket, prefix + name) == path.read_bytes() for name, (path, _) in files.items())
    assert json.loads(server.read(bucket, prefix + RECORD))["status"] == "complete"
    again = folder(f"s3://{bucket}{inside}")
    files |= made("other", "top.html")
    assert again.bring(files, BY) == 1
    assert again.bring(files, BY) == 0
    assert server.read(bucket, prefix + "top.html") == b"other top.html"


def test_each_file_says_of_which_run_it_is(begin, bucket, made):
    folder(f"memory://{bucket}/x").bring(made(), BY)
    later = Source("run-b", "kedro run --pipeline inference", "2030-02-01T10:00:00+00:00")
    folder(f"memory://{bucket}/x").bring(made("", "classes.csv", by=later), later)
    record = in_memory(bucket)
    of = {name: (each["run"], each["command"], each["at"]) for name, each in record["files"].items()}
    assert of.pop("classes.csv") == ("run-b", later.command, later.at)
    assert set(of.values()) == {("run-a", BY.command, BY.at)}
    assert record["last"] == {"run": "run-b", "command": later.command, "at": later.at}


@pytest.mark.parametrize("count", [1, 3])
def test_what_it_replaces_of_another_run_is_told(begin, bucket, made, caplog, count):
    caplog.set_level(logging.INFO)
    folder(f"memory://{bucket}/x").bring(made(), BY)
    folder(f"memory://{bucket}/x").bring(made("mended", "top.html"), BY)
    assert "Replaced" not in caplog.text
    later = Source("run-b", "kedro run", "2030-02-01T10:00:00+00:00")
    names = [*made()][:count]
    folder(f"memory://{bucket}/x").bring(made("new", *names, by=later), later)
    (said,) = [each for each in caplog.messages if each.startswith("Replaced")]
    files = "1 file" if count == 1 else "3 files"
    assert f"{files} of the run run-a of 2030-01-01T10:00:00+00:00" in said
    assert names[0] in said


def test_of_what_it_replaces_the_records_are_not_told(begin, bucket, made, caplog):
    caplog.set_level(logging.INFO)
    names = ("06_models/.origins/network.safetensors.json", "06_models/network.safetensors")
    folder(f"memory://{bucket}/x").bring(made("", *names), BY)
    later = Source("run-b", "kedro run", "2030-02-01T10:00:00+00:00")
    assert folder(f"memory://{bucket}/x").bring(made("new", *names, by=later), later) == 2
    (said,) = [each for each in caplog.messages if each.startswith("Replaced")]
    assert said.endswith(f": 1 file of the run run-a of {BY.at} (06_models/network.safetensors).")


@pytest.mark.parametrize("names", [(), ("classes.csv",)], ids=["the same files", "others"])
def test_of_two_at_the_same_time_the_later_one_refuses(begin, bucket, made, names):
    first, second = folder(f"memory://{bucket}/x"), folder(f"memory://{bucket}/x")
    first.bring(made(), BY)
    before = in_memory(bucket)
    with pytest.raises(UserError, match="has changed since this run began: the run run-a") as told:
        second.bring(made("mine", *names), Source("run-b", "kedro run", "later"))
    assert "--only-missing-outputs" in str(told.value)
    assert in_memory(bucket) == before
    assert fsspec.filesystem("memory").cat(f"/{bucket}/x/top.html") == b" top.html"
    # the same once more, which begins after the other one
    assert folder(f"memory://{bucket}/x").bring(made("mine"), Source("run-b", "kedro run", "later")) == 3


def test_while_another_one_copies_nothing_is_mixed(begin, bucket, made):
    first, second = folder(f"memory://{bucket}/x"), folder(f"memory://{bucket}/x")
    put = first._store.put_file
    told = []

    def put_slowly(source, target):
        if not told:
            told.append("")
            with pytest.raises(UserError, match="is being written to by another run: the run run-a") as error:
                second.bring(made("mine"), Source("run-b", "kedro run", "later"))
            told.append(str(error.value))
        return put(source, target)

    first._store.put_file = put_slowly
    files = made()
    try:
        first.bring(files, BY)
    finally:
        del first._store.put_file
    assert "--only-missing-outputs" in told[1]
    assert {each["run"] for each in in_memory(bucket)["files"].values()} == {"run-a"}


@pytest.mark.parametrize(("is_alive", "text"), [(True, "someone"), (False, "someone"), (False, "")])
def test_what_a_run_that_was_killed_left_is_in_nobodys_way(
    begin, bucket, made, killed_process, is_alive, text
):
    process = this_process() if is_alive else killed_process
    content = json.dumps({"run": text, **process}).encode() if text else b""
    fsspec.filesystem("memory").pipe(f"/{bucket}/x/{FOLDER}/abc", content)
    results = folder(f"memory://{bucket}/x")
    if is_alive:
        with pytest.raises(UserError, match=f"if that has ended, remove memory://{bucket}/x/{FOLDER}/abc"):
            results.bring(made(), BY)
    else:
        assert results.bring(made(), BY) == 3


def test_it_is_known_that_not_all_are_there(begin, server, bucket, made, monkeypatch):
    server.make(bucket)
    results = folder(f"s3://{bucket}/x")
    results.bring(made(), BY)

    def put(source, target):
        raise ConnectionResetError("gone")

    monkeypatch.setattr(results._store, "put_file", put)
    with pytest.raises(UserError, match="gone") as told:
        results.bring(made("other", "top.html"), BY)
    assert "--only-missing-outputs copies it, and trains nothing anew" in str(told.value)
    assert "goes on from there" not in str(told.value)
    record = json.loads(server.read(bucket, f"x/{RECORD}"))
    assert record["status"] == "incomplete"
    assert "top.html" not in record["files"]
    assert len(record["files"]) == 2
    assert folder(f"s3://{bucket}/x").bring(made("other", "top.html"), BY) == 1


@pytest.mark.parametrize("text", ["results", "/results", "https://host/results", "file:///results"])
def test_what_is_no_folder_of_a_bucket(begin, text):
    with pytest.raises(UserError, match="no folder of a bucket"):
        folder(text)


def test_what_cannot_be_written_is_told_before_any_work(begin, server, bucket):
    with pytest.raises(UserError, match=f"there is no bucket {bucket}"):
        folder(f"s3://{bucket}/x")
    server.make(bucket)
    with server.asking_for_credentials(), pytest.raises(UserError, match="may not be") as told:
        folder(f"s3://{bucket}/x")
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"files": 3}', b"\xff"])
def test_a_record_that_is_damaged_is_taken_for_none(begin, bucket, made, content):
    fsspec.filesystem("memory").pipe(f"/{bucket}/x/{RECORD}", content)
    assert folder(f"memory://{bucket}/x").bring(made(), BY) == 3


def test_one_of_before_has_the_digests_alone(begin, bucket, made, caplog):
    caplog.set_level(logging.INFO)
    content = {"files": {"top.html": "a digest"}, "status": "complete", "at": "2029", "command": "kedro run"}
    fsspec.filesystem("memory").pipe(f"/{bucket}/x/{RECORD}", json.dumps(content).encode())
    assert folder(f"memory://{bucket}/x").bring(made(), BY) == 3
    assert "1 file of a run before" in caplog.text
