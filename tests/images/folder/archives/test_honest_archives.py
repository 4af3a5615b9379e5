"""Archives of every kind unpack to what was packed, whatever the names."""

import tarfile
import zipfile

import pytest
from tests.images.folder.archives.conftest import write_tar, write_zip

from image_classification.errors import UserError
from image_classification.images.folder.archives.kinds import kind_of_archive, without_ending
from image_classification.images.folder.archives.unpack import unpack


def unpacked(archive, into):
    made = unpack(archive, kind_of_archive(archive), into)
    files = {
        path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()
    }
    assert made.files == len(files)
    assert made.size == sum(map(len, files.values()))
    return files, made.remarks


@pytest.mark.parametrize(
    "files",
    [
        {"cat/1.jpg": b"one", "dog/1.jpg": b"two"},
        {"top/train/cat/1.jpg": b"one", "__MACOSX/._1.jpg": b"", "top/.DS_Store": b"x"},
        {"ünïcode/猫.png": b"cat", "with space/a b.jpg": b"", "a\nb.jpg": b"1"},
        {"large.bin": bytes(range(256)) * 20_000, "x/" + "y/" * 60 + "z": b"deep", "n" * 150 + ".jpg": b"1"},
    ],
)
def test_every_kind_of_archive(write, files, tmp_path):
    archive = write(files)

    assert unpacked(archive, tmp_path / "out") == (files, [])


def test_empty_folders_stay(tmp_path):
    folder = tarfile.TarInfo("cat")
    folder.type = tarfile.DIRTYPE
    for number, archive in enumerate(
        [write_zip(tmp_path / "a.zip", [("cat/", b"")]), write_tar(tmp_path / "a.tar", [(folder, b"")])]
    ):
        unpacked(archive, tmp_path / str(number))

        assert (tmp_path / str(number) / "cat").is_dir()


def test_an_archive_is_known_by_its_content(write, tmp_path):
    archive = write({"a/1.jpg": b"1"}).rename(tmp_path / "download")

    assert kind_of_archive(archive) in {"zip", "tar"}


@pytest.mark.parametrize("name", ["photos.zip", "photos.tgz", "photos.tar.xz", "photos.7z", "photos.rar"])
def test_what_is_only_named_so_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"<html>not found</html>" * 100)

    with pytest.raises(UserError, match=r"is named like an archive, and cannot be read"):
        kind_of_archive(tmp_path / name)


def test_documents_and_tables_are_no_archives(tmp_path):
    book = write_zip(tmp_path / "book.xlsx", [("[Content_Types].xml", b""), ("xl/workbook.xml", b"")])
    table = write_zip(tmp_path / "labels.csv", [("a.jpg", b"")])

    assert kind_of_archive(book) == ""
    assert kind_of_archive(table) == ""


def test_a_zip_inside_a_tar_is_not_taken_for_the_archive(tmp_path):
    inner = write_zip(tmp_path / "inner.zip", [("x.jpg", b"1")])
    outer = write_tar(tmp_path / "outer.tar", [("inner.zip", inner.read_bytes())])

    assert unpacked(outer, tmp_path / "out") == ({"inner.zip": inner.read_bytes()}, [])


def test_names_in_utf8_that_do_not_say_so(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("gr\u00fcn/1.jpg", b"1")])
    content = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.index(mark) + place
        content[start : start + 2] = b"\0\0"  # the flag that the name is UTF-8
    archive.write_bytes(content)

    assert unpacked(archive, tmp_path / "out") == ({"gr\u00fcn/1.jpg": b"1"}, [])


def test_names_of_an_unknown_encoding_are_told(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("??/1.jpg", b"1")])
    content = archive.read_bytes().replace(b"??/1.jpg", "猫".encode("shift_jis") + b"/1.jpg")
    archive.write_bytes(content)

    files, remarks = unpacked(archive, tmp_path / "out")

    assert len(files) == 1
    assert "1 of its names does not say its encoding and is read as" in remarks[0]


def test_backslashes_of_a_zip_that_has_no_other_folders(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("cat\\1.jpg", b"1"), ("dog\\2.jpg", b"2")])

    assert unpacked(archive, tmp_path / "out")[0] == {"cat/1.jpg": b"1", "dog/2.jpg": b"2"}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_compression_of_zip(tmp_path, compression):
    archive = write_zip(tmp_path / "a.zip", [("a/1.jpg", b"1" * 100)], compression)

    assert unpacked(archive, tmp_path / "out")[0] == {"a/1.jpg": b"1" * 100}


@pytest.mark.parametrize(
    ("name", "short"),
    [("a.zip", "a"), ("a.tar.gz", "a"), ("A.TGZ", "A"), ("a.b.tar", "a.b"), ("a.gz", "a.gz"), ("zip", "zip")],
)
def test_names_without_their_ending(name, short):
    assert without_ending(name) == short
