"""New images are found whatever they are called, and read batch by batch; the others come with the reason."""

import logging
import os
import zipfile

import pytest
import torch
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_pictures import in_batches, read_new_images
from image_classification.images.folder.options import PathTableOptions


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name, shade in (("2.png", 2), ("10.png", 10), ("deep/3.png", 3)):
        Image.new("L", (4, 4), shade).save(tmp_path / name)
    (tmp_path / "4.jpg").touch()
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / ".hidden.png").touch()
    (tmp_path / "Thumbs.db").touch()
    return tmp_path


def read(found, batch_size=100):
    return list(read_new_images(in_batches(found.files, batch_size), (1, 2, 2), "stretch"))


def names(batch):
    return [file.name for file in batch.files]


def reasons(found):
    return {
        name: reason
        for batch in read(found)
        for name, reason in zip(names(batch), batch.reasons, strict=True)
    }


def test_all_files_but_hidden_ones(folder):
    found = find_new_images(folder)

    assert [file.name for file in found.files] == ["2.png", "4.jpg", "10.png", "deep/3.png", "notes.md"]
    assert found.hidden == 2
    assert [file.name for file in find_new_images(folder / "2.png").files] == ["2.png"]


def test_batches(folder):
    found = find_new_images(folder)

    batches = read(found, batch_size=2)

    expected = [file.name for file in found.files]
    assert [names(batch) for batch in batches] == [expected[:2], expected[2:4], expected[4:]]
    assert [len(batch.images) for batch in batches] == [1, 2, 0]
    assert batches[1].images[:, 0, 0, 0].tolist() == [10, 3]
    assert batches[2].images.shape == (0, 1, 2, 2)
    assert batches[2].images.dtype == torch.uint8
    assert [list(batch.reasons) for batch in batches] == [
        ["", "the file is empty"],
        ["", ""],
        ["not an image"],
    ]


def test_nothing_there(tmp_path):
    (tmp_path / ".DS_Store").touch()
    with pytest.raises(UserError, match=r"There is no file in the folder .*, apart from 1 hidden\."):
        find_new_images(tmp_path)


def test_what_leads_nowhere_has_its_reason(folder):
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    (folder / "self").symlink_to(folder / "self")
    (folder / "deep" / "up").symlink_to(folder)

    found = reasons(find_new_images(folder))

    assert found["gone.png"] == found["self"] == "a link that leads nowhere"
    assert found["deep/up/"] == "a link to a folder that it lies in"


@pytest.mark.parametrize("name", ["2.png", "deep/3.png", "notes.md"])
def test_what_is_gone_by_the_time_it_is_read(folder, name):
    found = find_new_images(folder)
    (folder / name).unlink()

    assert reasons(found)[name] == "there is no such file"


@pytest.mark.skipif(os.name == "nt", reason="names are text on this system")
@pytest.mark.parametrize("name", [b"caf\xe9.png", b"d\xe9p/\xff/1.png", b"\x80\x81"])
def test_names_that_are_no_text_are_read_all_the_same(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        Image.new("L", (4, 4), 7).save(file, "PNG")

    (batch,) = read(find_new_images(tmp_path))

    assert names(batch) == [name.decode("utf-8", "backslashreplace")]
    assert list(batch.reasons) == [""]
    assert batch.images.unique().tolist() == [7]


def test_a_folder_that_may_not_be_opened(folder, monkeypatch):
    # the person who runs the tests may be one who may open everything
    scandir = os.scandir

    def scan(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)

    assert reasons(find_new_images(folder))["deep/"] == "the folder cannot be opened (Permission denied)"


@pytest.mark.parametrize("header", ["path", "file,label", "Image Index,age,split"])
def test_a_table_has_an_answer_for_each_row(folder, header):
    rows = ["10.png", "./10.png", "deep\\3.png", "gone.png", ""]
    others = ",x" * header.count(",")
    (folder / "t.csv").write_text("\n".join([header, *(row + others for row in rows if row or others)]))

    batches = read(find_new_images(folder / "t.csv"), batch_size=3)

    assert [name for batch in batches for name in names(batch)] == (rows if others else rows[:-1])
    assert [reason for batch in batches for reason in batch.reasons] == (
        ["", "", "", "there is no such file", "line 6 of the table names no file"][: 5 if others else 4]
    )
    assert batches[0].images[:, 0, 0, 0].tolist() == [10, 10, 3]


def test_a_table_needs_no_label_but_a_clear_column_of_files(tmp_path, caplog):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()
    table = tmp_path / "images.csv"
    table.write_text("file,subset\n./a.jpg,train\nb.jpg,test\ngone.jpg,test\n")
    with caplog.at_level(logging.INFO):
        found = find_new_images(table)

    assert [(file.name, file.path) for file in found.files] == [
        ("./a.jpg", tmp_path / "a.jpg"),
        ("b.jpg", tmp_path / "b.jpg"),
        ("gone.jpg", tmp_path / "gone.jpg"),
    ]
    assert "taking 'file' (PathTableOptions.path)" in caplog.text
    table.write_text("front,back\na.jpg,b.jpg\nb.jpg,c.jpg\n")
    with pytest.raises(UserError, match=r"PathTableOptions\(path='front'\)"):
        find_new_images(table)
    found = find_new_images(table, PathTableOptions(path="back"))
    assert [file.name for file in found.files] == ["b.jpg", "c.jpg"]


def test_a_table_says_where_its_paths_start(folder):
    (folder / "t.csv").write_text("one,two\n3.png,x\n3.png,x\n")

    found = find_new_images(folder / "t.csv", PathTableOptions(path="one", root="deep"))

    assert [file.path for file in found.files] == [folder / "deep" / "3.png"] * 2


@pytest.mark.parametrize("ending", [".txt", ".csv"])
@pytest.mark.parametrize("names", [["2.png", "deep/3.png", "gone.png"], ["deep/3.png"], ["2.png", "2.png"]])
def test_a_list_of_files_needs_no_header(folder, names, ending):
    path = folder / f"list{ending}"
    path.write_text("\n".join(names) + "\n")

    found = find_new_images(path)

    assert [file.name for file in found.files] == names
    assert reasons(found).get("2.png", "") == ""
    assert bool(reasons(found).get("gone.png", "")) == ("gone.png" in names)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
@pytest.mark.parametrize("inside", ["", "deep/"])
def test_no_name_is_a_formula_of_a_spreadsheet(tmp_path, start, inside):
    (tmp_path / inside).mkdir(exist_ok=True)
    name = f"{inside}{start}cmd|' !A0.png"
    Image.new("L", (4, 4), 9).save(tmp_path / name)

    (file,) = find_new_images(tmp_path).files

    assert file.name == (name if inside else f"./{name}")
    assert (tmp_path / file.name).is_file()
    assert reasons(find_new_images(tmp_path)) == {file.name: ""}


def test_a_folder_that_cannot_be_opened_is_a_row(folder):
    # nested deeper than a path may be long, which stops a superuser too
    outer = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=outer)
        inner = os.open("x" * 250, os.O_RDONLY, dir_fd=outer)
        os.close(outer)
        outer = inner
    os.close(outer)

    found = find_new_images(folder)

    (closed,) = [file for file in found.files if file.name.endswith("x/")]
    assert closed.reason == "the folder cannot be opened (File name too long)"
    assert found.closed == [f"{closed.name}: {closed.reason}"]
    assert reasons(found)["2.png"] == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a superuser opens every folder")
def test_somebody_elses_folder_is_a_row(folder):
    (folder / "deep").chmod(0)

    found = find_new_images(folder)

    (folder / "deep").chmod(0o700)
    assert reasons(found)["deep/"] == "the folder cannot be opened (Permission denied)"


@pytest.mark.skipif(os.name == "nt", reason="names are text on this system")
def test_what_a_name_is_shown_as_may_be_the_name_of_another(tmp_path):
    for name, shade in ((os.fsdecode(b"caf\xe9.png"), 1), (r"caf\xe9.png", 2)):
        with (tmp_path / name).open("wb") as file:
            Image.new("L", (4, 4), shade).save(file, "PNG")

    (batch,) = read(find_new_images(tmp_path))

    assert names(batch) == [r"caf\xe9.png"] * 2
    assert sorted(batch.images[:, 0, 0, 0].tolist()) == [1, 2]


def test_an_archive_has_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        archive.writestr("1.jpg", b"")

    with pytest.raises(UserError, match=r"new\.zip is an archive\.\nExpected a folder: unpack it"):
        find_new_images(tmp_path / "new.zip")
