"""No archive writes outside of its folder, fills the disk or the memory, or is read in part in silence."""

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from tests.disk import files_of_at_most
from tests.images.folder.archives.conftest import write_tar, write_zip

from image_classification.errors import UserError
from image_classification.images.folder.archives import unpack as unpacking
from image_classification.images.folder.archives.kinds import kind_of_archive
from image_classification.images.folder.archives.unpack import unpack


def refused(archive, tmp_path, expected):
    """Try to unpack, and look whether anything is where it should not be."""
    into = tmp_path / "home" / "out"
    with pytest.raises(UserError, match=expected) as caught:
        unpack(archive, kind_of_archive(archive), into)
    outside = {path for path in tmp_path.rglob("*") if path.is_file() and into not in path.parents}
    assert outside == {archive}
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg", "a/../../evil.jpg", "/tmp/evil.jpg", "//evil.jpg", "..", "a/..", "C:\\evil.jpg",
        "C:/evil.jpg", "..\\evil.jpg", "a\\..\\..\\evil.jpg", "\\evil.jpg", "./../evil.jpg",
    ],
)  # fmt: skip
def test_names_that_lead_out(write, tmp_path, name):
    message = refused(write({"cat/1.jpg": b"1", name: b"evil"}), tmp_path, "would lie outside of the folder")

    assert "unpack it yourself" in message


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "cat/1.jpg"])
def test_links_are_left_out_and_told(tmp_path, kind, target):
    link = tarfile.TarInfo("cat/link.jpg")
    link.type, link.linkname = kind, target
    archive = write_tar(tmp_path / "a.tar", [("cat/1.jpg", b"1"), (link, b""), ("cat/2.jpg", b"2")])

    made = unpack(archive, "tar", tmp_path / "out")

    assert sorted(path.name for path in (tmp_path / "out/cat").iterdir()) == ["1.jpg", "2.jpg"]
    assert made.remarks == ["1 link in it left out, with what they may lead to: cat/link.jpg"]


def test_nothing_is_written_through_a_link_to_a_folder(tmp_path):
    (tmp_path / "victim").mkdir()
    link = tarfile.TarInfo("door")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "victim")
    archive = write_tar(tmp_path / "a.tar", [(link, b""), ("door/evil.jpg", b"evil")])

    unpack(archive, "tar", tmp_path / "out")

    assert list((tmp_path / "victim").iterdir()) == []
    assert (tmp_path / "out/door/evil.jpg").read_bytes() == b"evil"


def test_links_in_a_zip(tmp_path):
    link = zipfile.ZipInfo("cat/link.jpg")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    archive = write_zip(tmp_path / "a.zip", [(link, b"/etc/passwd"), ("cat/1.jpg", b"1")])

    made = unpack(archive, "zip", tmp_path / "out")

    assert made.remarks == ["1 link in it left out, with what they may lead to: cat/link.jpg"]
    assert made.files == 1


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_left_out(tmp_path, kind):
    special = tarfile.TarInfo("device.jpg")
    special.type = kind
    archive = write_tar(tmp_path / "a.tar", [(special, b""), ("cat/1.jpg", b"1")])

    made = unpack(archive, "tar", tmp_path / "out")

    assert made.remarks == ["1 special file in it left out: device.jpg"]
    assert not (tmp_path / "out/device.jpg").exists()


def test_permissions_are_not_taken_over(tmp_path):
    info = tarfile.TarInfo("run.jpg")
    info.mode = 0o6777
    archive = write_tar(tmp_path / "a.tar", [(info, b"#!/bin/sh")])

    unpack(archive, "tar", tmp_path / "out")

    assert (tmp_path / "out/run.jpg").stat().st_mode & 0o7111 == 0


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("a.jpg", "a.jpg"), ("a.jpg", "./a.jpg"), ("a.jpg", "a.jpg/b.jpg"), ("a/b.jpg", "a")]
)
def test_a_name_that_is_there_twice(write, tmp_path, names):
    refused(write([(name, b"1") for name in names]), tmp_path, "twice, or under names")


def test_a_password(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("cat/1.jpg", b"1")])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)

    refused(archive, tmp_path, "is protected by a password")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_archive(write, tmp_path, kept):
    generator = io.BytesIO(bytes((i * i * 31 + i // 7) % 251 for i in range(200_000)))
    archive = write({f"cat/{n}.jpg": generator.read(20_000) for n in range(10)})
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * kept)])

    refused(archive, tmp_path, r"cannot be (read|unpacked)")


def test_a_damaged_header_in_the_middle_is_not_the_end(tmp_path):
    archive = write_tar(tmp_path / "a.tar", [(f"{n}.jpg", b"1" * 600) for n in range(5)])
    content = bytearray(archive.read_bytes())
    content[3 * 1536 : 3 * 1536 + 10] = b"!" * 10  # the header of the fourth
    archive.write_bytes(content)

    refused(archive, tmp_path, "is damaged")


def test_a_changed_byte_of_a_zip(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("1.jpg", b"abc" * 100)], zipfile.ZIP_STORED)
    archive.write_bytes(archive.read_bytes().replace(b"abcabc", b"abdabc", 1))

    refused(archive, tmp_path, "cannot be read: Bad CRC")


def test_bombs_are_refused_before_they_are_written(write, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_LITTLE", 10_000)
    monkeypatch.setattr(unpacking, "_MOST_TIMES", 0.9)  # for what is not compressed, too

    refused(write({"zeros.jpg": bytes(5_000_000)}), tmp_path, "it may be a decompression bomb")

    assert not list((tmp_path / "home").rglob("*.jpg"))


def test_a_million_empty_files_are_a_bomb_too(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_LITTLE", 100_000)
    archive = write_tar(tmp_path / "a.tar.xz", [(f"{n}.jpg", b"") for n in range(3000)])

    refused(archive, tmp_path, "it may be a decompression bomb")


@pytest.mark.parametrize("kind", [b"L", b"x"])
def test_a_name_of_a_gigabyte_is_not_read(tmp_path, kind):
    header = bytearray(tarfile.TarInfo("name").tobuf(tarfile.GNU_FORMAT))
    header[156:157] = kind
    header[124:136] = b"%011o\0" % 2**30
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(bytes(header) + bytes(2**21)))

    refused(path, tmp_path, "more memory than any name does")


def test_more_names_for_a_name_than_python_can_follow(tmp_path):
    long = tarfile.TarInfo("x")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 512
    path = tmp_path / "a.tar"
    path.write_bytes((long.tobuf(tarfile.GNU_FORMAT) + b"n" * 512) * 5000)

    refused(path, tmp_path, "cannot be read")


def test_a_zip_that_lies_about_its_sizes(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("1.jpg", bytes(100_000))])
    content = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + place, 10)
    archive.write_bytes(content)

    refused(archive, tmp_path, "cannot be read")


def test_no_room_is_told(write, tmp_path):
    archive = write({"1.jpg": bytes(range(256)) * 1000})

    with files_of_at_most(100_000):
        refused(archive, tmp_path, r"There is no room for .*out")


@pytest.mark.usefixtures("strict")
def test_a_folder_that_may_not_be_written(write, tmp_path):
    archive = write({"1.jpg": b"1"})
    (tmp_path / "home").mkdir(mode=0o500)

    refused(archive, tmp_path, r"out cannot be written: no file can be made in the folder")


@pytest.mark.parametrize("name", ["n" * 300 + ".jpg", "a/" * 3000 + "1.jpg"])
def test_names_that_the_system_does_not_take(write, tmp_path, name):
    message = refused(write({"cat/1.jpg": b"1", name: b"2"}), tmp_path, "cannot be unpacked")

    assert message.startswith(f"The archive {tmp_path}/a.")
    assert "File name too long" in message
    assert len(message) < 2000
