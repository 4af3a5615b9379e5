"""A folder in a bucket has a copy that is as it is: what is new is fetched, what is gone is removed."""

import logging
import os
from pathlib import Path

import pytest

from image_classification.remote.fetched import here

NAMES = ("a/1.jpg", "a/2 ü.jpg", "b/deep/er/3.jpg", "b/A.jpg", "b/a.jpg", "c+d/%20 &=.jpg", "日本/4.jpg")


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def photos(server, bucket):
    content = {name: name.encode() for name in NAMES}
    server.make(bucket, {f"photos/{name}": data for name, data in content.items()})
    return content


def test_names_and_contents_are_those_of_the_bucket(begin, bucket, photos):
    assert files_of(here(f"s3://{bucket}/photos/")) == photos


def test_what_is_there_is_not_fetched_again(begin, bucket, photos, caplog):
    caplog.set_level(logging.INFO)
    folder = here(f"s3://{bucket}/photos")
    before = {path: path.stat().st_ino for path in folder.rglob("*")}
    caplog.clear()
    begin()
    here(f"s3://{bucket}/photos")
    assert {path: path.stat().st_ino for path in folder.rglob("*")} == before
    assert not [record for record in caplog.records if record.name.startswith("image_classification")]


def test_what_is_other_is_fetched_and_what_is_gone_is_removed(begin, server, bucket, photos, caplog):
    caplog.set_level(logging.INFO)
    folder = here(f"s3://{bucket}/photos")
    server.put(bucket, {"photos/a/1.jpg": b"8 bytes!"[: len(photos["a/1.jpg"])], "photos/new.jpg": b"new"})
    server.delete(bucket, "photos/b/deep/er/3.jpg", "photos/b/a.jpg")
    caplog.clear()
    begin()
    here(f"s3://{bucket}/photos")
    gone = {"b/deep/er/3.jpg", "b/a.jpg"}
    kept = {name: data for name, data in photos.items() if name not in gone}
    assert files_of(folder) == kept | {"a/1.jpg": b"8 bytes", "new.jpg": b"new"}
    assert not (folder / "b" / "deep").exists()
    assert "Fetching 2 files of 6" in caplog.text
    assert f"s3://{bucket}/photos has lost 2 files" in caplog.text


def test_a_copy_that_somebody_changed_is_fetched_again(begin, bucket, photos):
    folder = here(f"s3://{bucket}/photos")
    (folder / "a" / "1.jpg").write_bytes(b"other")
    os.utime(folder / "b" / "A.jpg")
    (folder / "mine.txt").write_text("not in the bucket")
    begin()
    assert files_of(here(f"s3://{bucket}/photos")) == photos


def test_a_file_becomes_a_folder_and_a_folder_a_file(begin, memory, bucket):
    memory.make(bucket, {"x/one": b"1", "x/two/2": b"2"})
    here(f"memory://{bucket}/x")
    memory.delete(bucket, "x/one", "x/two/2")
    memory.put(bucket, {"x/one/1": b"1", "x/two": b"2"})
    begin()
    assert files_of(here(f"memory://{bucket}/x")) == {"one/1": b"1", "two": b"2"}


def test_empty_folders_are_kept(begin, server, bucket):
    server.make(bucket, {"x/": b"", "x/empty/": b"", "x/a/1": b"1"})
    folder = here(f"s3://{bucket}/x")
    assert (folder / "empty").is_dir()
    assert files_of(folder) == {"a/1": b"1"}


def test_a_pattern_fetches_what_it_matches(begin, server, bucket, photos):
    here(f"s3://{bucket}/photos/?/*.jpg")
    begin()
    copies = files_of(here(f"s3://{bucket}/photos/a").parent)
    assert set(copies) == {"a/1.jpg", "a/2 ü.jpg", "b/A.jpg", "b/a.jpg"}


def test_a_name_to_the_letter_is_no_pattern(begin, server, bucket):
    server.make(bucket, {"x [1]/a": b"a", "x 1/b": b"b"})
    assert files_of(here(f"s3://{bucket}/x [1]")) == {"a": b"a"}


def test_a_part_of_an_archive_fetches_the_archive(begin, memory, bucket):
    memory.make(bucket, {"in/photos.zip": b"zip", "in/other": b"other"})
    inner = here(f"memory://{bucket}/in/photos.zip/labels.csv")
    assert files_of(inner.parents[1]) == {"photos.zip": b"zip"}


def test_a_table_comes_with_what_lies_beside_it(begin, memory, bucket):
    content = {"in/labels.csv": b"path", "in/photos/1.jpg": b"1", "elsewhere": b"2"}
    memory.make(bucket, content)
    table = here(f"memory://{bucket}/in/labels.csv", with_its_folder=lambda name: name.endswith(".csv"))
    assert files_of(table.parent) == {"labels.csv": b"path", "photos/1.jpg": b"1"}


def test_a_table_of_copies_that_is_damaged_is_made_anew(begin, bucket, photos, tmp_path):
    folder = here(f"s3://{bucket}/photos")
    (tmp_path / "copies" / "copies.sqlite").write_bytes(b"no database" * 1000)
    begin()
    assert files_of(here(f"s3://{bucket}/photos")) == photos
    assert files_of(folder) == photos


def test_other_protocols_are_read_as_well(begin):
    import fsspec  # noqa: PLC0415

    fsspec.filesystem("memory").pipe({"/shop/a/1.jpg": b"1", "/shop/b/2.jpg": b"2"})
    assert files_of(here("memory://shop")) == {"a/1.jpg": b"1", "b/2.jpg": b"2"}


@pytest.mark.parametrize("name", ["plain", "with space", "ü"])
def test_a_file_address_is_a_path_of_this_machine(tmp_path, name):
    (tmp_path / name).mkdir()
    assert here((tmp_path / name).as_uri()) == tmp_path / name
    assert here(f"file://{tmp_path / name}") == tmp_path / name
