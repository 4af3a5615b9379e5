"""Hints for addresses that are wrong, and for credentials that do not open anything."""

import os

import pytest
from tests.bucket import SECRET

from image_classification import Classifier
from image_classification.errors import UserError
from image_classification.images.folder.labels_in_names import NamedFiles, table_advice
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.remote import access as accesses
from image_classification.remote.fetched import here

PHOTOS = {f"photos/{kind}/{number}.jpg": b"1" for kind in ("cat", "dog") for number in range(3)}


def told(address, **options):
    with pytest.raises(UserError) as error:
        here(address, **options)
    return str(error.value)


@pytest.mark.parametrize("pattern", ["photos/*.jpg", "photos/*/x/*.png", "photos/[xy]*", "photos/**/*.png"])
def test_a_pattern_that_matches_nothing(begin, memory, bucket, pattern):
    memory.make(bucket, PHOTOS)
    message = told(f"memory://{bucket}/{pattern}")
    assert f"{pattern}: nothing matches. memory://{bucket}/photos holds cat/0.jpg, cat/1.jpg" in message
    assert f"'memory://{bucket}/photos/**/*.jpg'" in message
    assert "capital" not in message


@pytest.mark.parametrize("pattern", ["*/cat/*.JPG", "PHOTOS*/*/0.jpg"])
def test_a_pattern_in_other_letters(begin, memory, bucket, pattern):
    memory.make(bucket, PHOTOS)
    assert "capital and small letters differ" in told(f"memory://{bucket}/{pattern}")


def test_a_pattern_that_matches_nothing_any_more_keeps_the_copies(begin, memory, bucket):
    memory.make(bucket, PHOTOS)
    copy = here(f"memory://{bucket}/photos/cat/0.jpg")
    begin()
    told(f"memory://{bucket}/photos/*/*.png")
    assert copy.exists()


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("s3:/photos", "s3://photos"),
        ("S3:photos/a b", "s3://photos/a b"),
        ("s3//photos/*.jpg", "s3://photos/*.jpg"),
        ("gs:\\photos\\new", "gs://photos/new"),
        ("https:/host/a.zip", "https://host/a.zip"),
    ],
)
def test_a_slash_that_is_missing(begin, tmp_path, monkeypatch, path, meant):
    monkeypatch.chdir(tmp_path)
    assert told(path).endswith(f"If an address is meant: {meant}")
    first = path.replace("\\", os.sep).split("/")[0]
    (tmp_path / first).mkdir()
    if "\\" not in path:
        assert str(here(path)) == os.path.normpath(path)


@pytest.mark.parametrize("path", ["C:/photos", "photos/s3:", "s3", "s3:", "/s3:/x", "s3x:/y", "a:b", "data"])
def test_paths_of_this_machine(begin, path):
    assert str(here(path)) == path


@pytest.mark.parametrize("folder", ["results/first", "", "results/a.b"])
def test_a_folder_of_results_has_a_network(begin, memory, bucket, folder):
    place = f"memory://{bucket}/{folder}".rstrip("/")
    network = f"{folder}/06_models/trained_network.safetensors".lstrip("/")
    memory.make(bucket, {network: b"net", f"{folder}/08_reporting/report.html".lstrip("/"): b"1"})
    found = here(place, inside="06_models/trained_network.safetensors")
    assert found.read_bytes() == b"net"
    assert not list(found.parents[1].rglob("*.html"))
    begin(check="never")
    assert here(place, inside="06_models/trained_network.safetensors") == found


@pytest.mark.parametrize("known", [True, False])
def test_a_folder_of_something_else_comes_whole(begin, memory, bucket, known):
    memory.make(bucket, {"export/one.safetensors": b"1", "export/readme": b"2"})
    if known:
        here(f"memory://{bucket}/export")
        begin(check="never")
    folder = here(f"memory://{bucket}/export", inside="06_models/trained_network.safetensors")
    assert {path.name for path in folder.iterdir()} == {"one.safetensors", "readme"}
    with pytest.raises(UserError, match="no such file or folder" if not known else "never"):
        here(f"memory://{bucket}/other", inside="06_models/trained_network.safetensors")


@pytest.mark.parametrize(
    ("entry", "option", "nearest"),
    [
        ({"kee": "AKIA", "secret": SECRET}, "kee", "key"),
        ({"key": "AKIA", "secrit": SECRET}, "secrit", "secret"),
        ({"key": "AKIA", "client_kwargs": {"endpoint": "http://127.0.0.1:9"}}, "endpoint", "endpoint_url"),
    ],
)
def test_an_option_that_the_library_does_not_take(begin, entry, option, nearest):
    begin({"s3": entry})
    message = told("s3://bucket/x")
    assert f"it has an option {option}; did you mean {nearest}" in message
    assert "credentials.yml" in message
    assert SECRET not in message
    assert "__init__" not in message


def test_credentials_that_are_refused(begin, server, bucket):
    server.make(bucket, {"x/1": b"1"})
    with server.asking_for_credentials():
        message = told(f"s3://{bucket}/x")
    assert "HeadObject" not in message
    for word in ("key and secret", "endpoint_url", "conf/local/credentials.yml"):
        assert word in message


def test_a_script_is_told_where_its_library_looks(server, bucket, monkeypatch, tmp_path):
    monkeypatch.setattr(accesses, "_access", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "XDG_CACHE_HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": "/nothing",
        "AWS_ENDPOINT_URL": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"no credentials") as error:
        Classifier.load(f"s3://{bucket}/network.safetensors")
    assert "does not read conf/local/credentials.yml" in str(error.value)
    assert "AWS_ACCESS_KEY_ID" in str(error.value)


@pytest.mark.parametrize("splits", [[""], ["train", "test"]])
def test_a_table_of_names_in_a_bucket_can_be_written(begin, memory, bucket, splits, tmp_path, monkeypatch):
    speak_of_parameters()
    names = [f"{kind}.{number}.jpg" for kind in ("cat", "dog") for number in range(3)]
    memory.make(
        bucket, {f"all/{split}/{name}".replace("//", "/"): b"1" for split in splits for name in names}
    )
    folder = here(f"memory://{bucket}/all")
    advice = str(UserError(table_advice([NamedFiles(folder / split, split, names) for split in splits])))
    monkeypatch.chdir(tmp_path)
    exec("\n".join(line.strip() for line in advice.splitlines() if line.startswith("    ")), {})
    rows = (tmp_path / "labels.csv").read_text().splitlines()
    one, several = ["path,label", "cat.0.jpg,cat"], ["path,label,split", "train/cat.0.jpg,cat,train"]
    assert rows[:2] == (one if splits == [""] else several)
    assert len(rows) == 1 + 6 * len(splits)
    assert f"image_folder.table.root=memory://{bucket}/all" in advice
