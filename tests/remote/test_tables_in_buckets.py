"""Tables in buckets, whose paths are relative or addresses, find their files: at the top of a bucket too."""

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.image_table import read_image_table
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.tables.table import names_table
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.remote.fetched import here

FILES = ("photos/cat/1 ü.jpg", "photos/dog/deep/2.jpg", "3.jpg")


@pytest.fixture(autouse=True)
def command_line():
    speak_of_parameters()


def table_of(paths) -> bytes:
    return "\n".join(["path,label", *(f"{path},{place % 2}" for place, path in enumerate(paths))]).encode()


def fetched(address):
    return here(address, with_its_folder=names_table)


@pytest.mark.parametrize("folder", ["", "in/", "in/deep er/"])
@pytest.mark.parametrize("way", ["relative", "absolute", "both"])
def test_its_paths_lead_to_what_lies_below_it(begin, memory, bucket, folder, way):
    absolute = [f"memory://{bucket}/{folder}{name}" for name in FILES]
    paths = {"relative": FILES, "absolute": absolute, "both": (*FILES[:1], *absolute[1:])}[way]
    content = {f"{folder}{name}": name.encode() for name in FILES}
    memory.make(bucket, content | {f"{folder}table.csv": table_of(paths)})
    table = fetched(f"memory://{bucket}/{folder}table.csv")
    assert [file.name for file in read_image_table(table, TableOptions())] == list(FILES)
    found = find_new_images(table).files
    assert [file.path.read_bytes() for file in found] == [name.encode() for name in FILES]
    assert [file.name for file in found] == list(paths)


@pytest.mark.parametrize("place", ["tables/one.csv", "tables/deep/two.csv"])
def test_another_folder_of_the_bucket_is_named(begin, memory, bucket, place):
    paths = [f"memory://{bucket}/{name}" for name in FILES[:2]]
    memory.make(bucket, dict.fromkeys(FILES, b"1") | {place: table_of(paths)})
    table = fetched(f"memory://{bucket}/{place}")
    with pytest.raises(UserError) as told:
        read_image_table(table, TableOptions())
    root = f"memory://{bucket}/photos"
    assert f"--params image_folder.table.root={root}" in str(told.value)
    assert len(read_image_table(table, TableOptions(root=root))) == 2


def test_a_table_of_this_machine_names_addresses(begin, memory, bucket, tmp_path):
    memory.make(bucket, dict.fromkeys(FILES, b"1"))
    table = tmp_path / "table.csv"
    table.write_bytes(table_of(f"memory://{bucket}/{name}" for name in FILES))
    with pytest.raises(UserError, match=f"table.root=memory://{bucket}$"):
        read_image_table(table, TableOptions())
    assert len(read_image_table(table, TableOptions(root=f"memory://{bucket}"))) == 3


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["https://host/1.jpg", "https://host/2.jpg"], "download the files"),
        (["s3://one/1.jpg", "s3://two/2.jpg"], "download the files"),
        (["s3://one/a/1.jpg", "gs://one/a/2.jpg"], "download the files"),
        (["s3://one/ab/1.jpg", "s3://one/a/2.jpg"], "table.root=s3://one$"),
        (["sftp://host/disk/1.jpg", "sftp://host/disk/b/2.jpg"], "table.root=sftp://host/disk$"),
        (["s3://one//1.jpg", "s3://one/2.jpg"], "nothing between two /"),
    ],
)
def test_addresses_in_no_one_folder(begin, tmp_path, paths, expected):
    table = tmp_path / "table.csv"
    table.write_bytes(table_of(paths))
    with pytest.raises(UserError, match=expected):
        read_image_table(table, TableOptions())


def test_files_that_are_not_there(begin, memory, bucket):
    memory.make(bucket, {"table.csv": table_of([f"memory://{bucket}/no/{name}" for name in "abc"])})
    with pytest.raises(UserError, match=f"addresses in memory://{bucket}/no, where these files are not"):
        read_image_table(fetched(f"memory://{bucket}/table.csv"), TableOptions())


def test_not_all_disks_of_a_machine_come_with_a_table(begin, monkeypatch):
    from image_classification.remote import fetched as door  # noqa: PLC0415

    asked = []
    monkeypatch.setattr(door, "_bring", lambda address, *_, **__: not asked.append(str(address)))
    for address in ("sftp://host/table.csv", "sftp://host/disk/table.csv", "s3://bucket/table.csv"):
        fetched(address)
    assert asked == ["sftp://host/table.csv", "sftp://host/disk", "s3://bucket"]
