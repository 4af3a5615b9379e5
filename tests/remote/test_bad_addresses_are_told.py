"""What cannot be fetched is told in one line: what, where, and what to do."""

import sys

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile
from tests.bucket import SECRET

from image_classification.errors import UserError
from image_classification.remote.fetched import here


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("s3://no-such-bucket-at-all/x", "there is no such bucket as no-such-bucket-at-all"),
        ("s4://bucket/x", "nothing is known that opens s4://"),
        ("https3://bucket/x", "did you mean https://"),
        ("s3://", "names nothing"),
        ("s3://bucket/a/../../b", "'..'"),
        ("s3://bucket/a//b", "nothing between two /"),
        ("s3://bucket/a\\b", "file name"),
        ("s3://bucket/" + "é" * 200, "255 bytes"),
    ],
)
def test_addresses_that_lead_nowhere(begin, address, expected):
    with pytest.raises(UserError) as told:
        here(address)
    assert expected in str(told.value)


@pytest.mark.parametrize(
    "address",
    [
        "s3://me:hidden-word@bucket/x",
        "https://me:hidden-word@host/x.zip",
        "https://host/x.zip?sig=hidden-word",
    ],
)
def test_passwords_in_addresses_are_refused_and_not_shown(begin, address):
    with pytest.raises(UserError) as told:
        here(address)
    assert "recorded" in str(told.value)
    assert "hidden-word" not in str(told.value)


@pytest.mark.parametrize("key", ["photos/nothing", "Photos", "photos/a.jpg/b"])
def test_keys_that_there_are_not(begin, server, bucket, key):
    server.make(bucket, {"photos/a.jpg": b"a", "photos/ab/c.jpg": b"c"})
    if key == "photos/a.jpg/b":  # as in an archive: what is in it is seen when it is opened
        assert not here(f"s3://{bucket}/{key}").exists()
        return
    with pytest.raises(UserError, match="no such file or folder"):
        here(f"s3://{bucket}/{key}")


def test_an_empty_bucket(begin, server, bucket):
    server.make(bucket)
    with pytest.raises(UserError, match=bucket):
        here(f"s3://{bucket}/photos")


@pytest.mark.parametrize("key", ["x/../../../evil", "x/./evil", "x//evil", "x/evil\\..\\..\\a", "x/a\x00b"])
def test_keys_that_lead_out_of_the_folder_of_copies(begin, server, bucket, tmp_path, key):
    # a server that a person does not trust may list any key; that of the tests refuses some
    store = fsspec.filesystem("memory")
    store.store[f"/{bucket}/{key}"] = MemoryFile(store, f"/{bucket}/{key}", b"1")
    store.pipe(f"/{bucket}/x/good", b"1")
    with pytest.raises(UserError, match="Nothing is fetched"):
        here(f"memory://{bucket}/x")
    assert not [path for path in tmp_path.rglob("*") if path.name in {"good", "evil"}]


def test_a_key_that_is_a_file_and_a_folder(begin, server, bucket):
    server.make(bucket, {"x/both": b"1", "x/both/inner": b"2"})
    with pytest.raises(UserError, match="a file and a folder at once"):
        here(f"s3://{bucket}/x")


def test_wrong_credentials(begin, server, bucket):
    server.make(bucket, {"x/1": b"1"})
    with server.asking_for_credentials(), pytest.raises(UserError) as told:
        here(f"s3://{bucket}/x")
    assert "may not be read with these credentials" in str(told.value)
    assert SECRET not in str(told.value)


def test_no_credentials(begin, server, bucket, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nothing")
    begin({"s3": {"client_kwargs": {"endpoint_url": server.url}}})
    with pytest.raises(UserError, match="no credentials"):
        here(f"s3://{bucket}/x")


def test_what_the_library_finds_by_itself(begin, server, bucket, monkeypatch):
    server.make(bucket, {"x": b"1"})
    for name, value in {
        "AWS_ACCESS_KEY_ID": "of-the-environment",
        "AWS_SECRET_ACCESS_KEY": "of-the-environment",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    begin({})
    assert here(f"s3://{bucket}/x").read_bytes() == b"1"


def test_credentials_that_are_named(begin, server, bucket):
    server.make(bucket, {"x": b"1"})
    begin({"s3": {"key": "wrong"}, "shop": server.credentials}, entry="shop")
    assert here(f"s3://{bucket}/x").read_bytes() == b"1"
    begin({"shop": server.credentials}, entry="shap")
    with pytest.raises(UserError, match=r"shap.*it has shop"):
        here(f"s3://{bucket}/y")


@pytest.mark.parametrize("entry", ["text", ["a", "list"], {"secret": SECRET, "no_such_option": 1}])
def test_credentials_that_do_not_fit(begin, bucket, entry):
    begin({"s3": entry})
    with pytest.raises(UserError) as told:
        here(f"s3://{bucket}/x")
    assert "credentials.yml" in str(told.value)
    assert SECRET not in str(told.value)


def test_a_library_that_is_missing(begin, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    # what was opened before
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(UserError, match=r'pip install "image-classification\[s3\]"'):
        here("s3://bucket/x")
