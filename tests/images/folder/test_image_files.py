"""The table of files says of each what it is; a folder that cannot be learnt from is explained."""

import hashlib
import logging
import os
import shutil

import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.options import TableOptions


def save(path, shade=0, size=(6, 4), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 0, 0)).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "pets"
    for shade, name in enumerate(("cat/1.png", "cat/10.png", "cat/2.png", "dog/1.png")):
        save(root / name, shade)
    return root


def test_a_row_per_file(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(folder / "dog" / "2.jpg", exif=exif)
    (folder / "dog" / "notes.txt").write_text("good dog")
    (folder / "dog" / "3.jpg").write_text("no picture")
    (folder / "dog" / ".DS_Store").touch()

    table = index_image_files(folder)

    assert table["name"].tolist() == [
        "cat/1.png",
        "cat/2.png",
        "cat/10.png",
        "dog/1.png",
        "dog/2.jpg",
        "dog/3.jpg",
        "dog/.DS_Store",
        "dog/notes.txt",
    ]
    rows = table.set_index("name")
    image = rows.loc["cat/10.png"]
    assert image["class_name"] == "cat"
    assert image["sha256"] == hashlib.sha256((folder / "cat" / "10.png").read_bytes()).hexdigest()
    assert (image["width"], image["height"], image["mode"], image["header_status"]) == (6, 4, "RGB", "ok")
    turned = rows.loc["dog/2.jpg"]
    assert (turned["width"], turned["height"]) == (4, 6)
    assert rows.loc["dog/3.jpg", "header_status"] == (
        "unreadable: not an image, although its name ends in .jpg"
    )
    assert rows.loc["dog/notes.txt", "header_status"] == "ignored: not an image"
    assert rows.loc["dog/.DS_Store", "header_status"] == "ignored: hidden"
    assert rows.loc["dog/notes.txt", "sha256"] == ""


def test_broken_images_stop_the_run_if_they_shall(folder):
    for number in range(12):
        (folder / "dog" / f"bad{number}.png").touch()

    with pytest.raises(UserError) as caught:
        index_image_files(folder, "fail")

    message = str(caught.value)
    assert message.startswith(f"12 of the 16 files of {folder} should be images and cannot be read.\n")
    assert "  dog/bad0.png: unreadable: the file is empty\n" in message
    assert "bad9" in message
    assert "bad10" not in message
    assert "… and 2 more" in message
    assert "ImageFolderOptions(on_bad_image='skip')" in message


def test_a_table_instead_of_a_folder(folder):
    (folder / "labels.csv").write_text(
        "path,label,split\ncat/1.png,miau,train\ngone.png,wau,\ndog/1.png,wau,test\n"
    )

    table = index_image_files(folder / "labels.csv")

    assert table["class_name"].tolist() == ["miau", "wau", "wau"]
    assert table["given_split"].tolist() == ["train", "", "test"]
    assert table["header_status"].tolist() == ["ok", "unreadable: there is no such file", "ok"]


def test_no_images_lists_what_was_looked_for_and_what_is_there(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("x")
    save(tmp_path / "top.png")

    with pytest.raises(UserError) as caught:
        index_image_files(tmp_path)

    message = str(caught.value)
    assert message.startswith(
        f"Found 0 images in {tmp_path}, among 2 files.\nLooked for .bmp, .gif, .jpeg, .jpg"
    )
    assert ".txt (1)" in message
    assert "1 x ignored: in no folder of a class" in message


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match=r"Found 0 images .* among 0 files"):
        index_image_files(tmp_path)


def test_one_class_only_says_where_the_classes_may_be(folder):
    with pytest.raises(UserError, match=rf"All 4 images .* one class, 'pets'(?s:.*)path='{folder}'"):
        index_image_files(folder.parent)


def test_one_class_beside_an_empty_folder_says_which(folder):
    for path in (folder / "dog").iterdir():
        path.unlink()

    with pytest.raises(UserError) as caught:
        index_image_files(folder)

    message = str(caught.value)
    assert "one class, 'cat'" in message
    assert "Understood so: 1 class from the first level of folders; no splits given." in message
    assert "There is no image in 'dog'." in message
    assert "path=" not in message


def test_one_class_says_what_was_left_out(tmp_path):
    for name in ("train/cat/1.png", "test/1.png", "test/2.png"):
        save(tmp_path / name)

    with pytest.raises(UserError, match="Left out: 2 pictures") as caught:
        index_image_files(tmp_path)

    assert "splits from the first level: train = train." in str(caught.value)


@pytest.mark.parametrize(
    ("names", "decision"),
    [
        (("cat/1.png", "dog/1.png"), "2 classes from the first level of folders; no splits given."),
        (
            ("seg_train/seg_train/cat/1.png", "seg_train/seg_train/dog/1.png", "seg_test/seg_test/cat/1.png"),
            "2 classes from the third level of folders; splits from the first level: train = seg_train, "
            "test = seg_test.",
        ),
    ],
)
def test_what_was_decided_is_said_in_a_line(tmp_path, caplog, names, decision):
    for name in names:
        save(tmp_path / name)
    with caplog.at_level(logging.INFO):
        index_image_files(tmp_path)

    assert f"{tmp_path}: {decision}" in [record.getMessage() for record in caplog.records]


def test_what_is_left_out_is_warned_of_with_place_and_number(tmp_path, caplog):
    for name in ("train/cat/1.png", "train/dog/1.png", *(f"test1/{number}.png" for number in range(5))):
        save(tmp_path / name)
    save(tmp_path / "cover.png")
    (tmp_path / "labels.csv").touch()
    (tmp_path / "__MACOSX" / "train" / "hen").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        table = index_image_files(tmp_path, to_classify="classify {}".format)

    assert set(table["class_name"]) == {"", "cat", "dog"}
    assert f"Left out: 5 pictures (such as test1/0.png) in {tmp_path / 'test1'}, which has no" in caplog.text
    assert [text for text in caplog.messages if "classify" in text] == [f"classify {tmp_path / 'test1'}"]
    assert f"Left out: 1 picture (such as cover.png) in {tmp_path}, in no folder of a class." in caplog.text
    assert "labels.csv" not in caplog.text


def test_what_was_said_of_the_folders_counts(tmp_path):
    for split in ("foo", "bar"):
        for name in ("cat", "dog"):
            save(tmp_path / split / name / "1.png")

    with pytest.raises(UserError, match="two readings are likely"):
        index_image_files(tmp_path)
    as_classes = index_image_files(tmp_path, choice=LayoutChoice("classes"))
    as_splits = index_image_files(tmp_path, choice=LayoutChoice(splits={"train": ["foo"], "test": ["bar"]}))

    assert set(zip(as_classes["class_name"], as_classes["given_split"], strict=True)) == {
        ("foo", ""),
        ("bar", ""),
    }
    assert set(zip(as_splits["class_name"], as_splits["given_split"], strict=True)) == {
        (name, split) for name in ("cat", "dog") for split in ("train", "test")
    }


@pytest.mark.parametrize("choice", [LayoutChoice("classes"), LayoutChoice(splits={"train": ["cat"]})])
def test_a_layout_needs_a_folder(folder, choice):
    (folder / "labels.csv").write_text("path,label\ncat/1.png,a\ndog/1.png,b\n")

    with pytest.raises(UserError, match=r"are about folders, but .* is a table"):
        index_image_files(folder / "labels.csv", choice=choice)


def test_neither_folder_nor_table(folder):
    with pytest.raises(UserError, match="neither a folder nor a table"):
        index_image_files(folder / "cat" / "1.png")


@pytest.mark.parametrize(
    ("name", "value"), [("group", "patient"), ("label", "x"), ("root", "."), ("split", "none")]
)
def test_what_is_said_of_a_table_needs_one(folder, name, value):
    with pytest.raises(
        UserError, match=rf"TableOptions\.{name} = {value} is about a table, but .* is a folder"
    ):
        index_image_files(folder, table_parameters=TableOptions(**{name: value}))


def test_a_class_without_images_is_warned_of(folder, caplog):
    (folder / "bird").mkdir()
    with caplog.at_level(logging.WARNING):
        index_image_files(folder)

    assert "There is no image in 'bird': not a class of the task." in caplog.text


def test_a_split_without_a_class_of_the_others_is_warned_of(tmp_path, caplog):
    for name in ("train/cat/1.png", "train/dog/1.png", "test/cat/1.png"):
        save(tmp_path / name)
    with caplog.at_level(logging.WARNING):
        table = index_image_files(tmp_path)

    assert table["given_split"].tolist() == ["test", "train", "train"]
    assert "The test split that is given has no image of 'dog'." in caplog.text


@pytest.mark.parametrize("names", [("Cat", "cat"), ("t-shirt", "T shirt"), ("a_b", "a b", "A-B")])
def test_classes_that_are_written_in_two_ways_are_warned_of(tmp_path, caplog, names):
    for name in (*names, "dog"):
        save(tmp_path / name / "1.png")

    with caplog.at_level("INFO"):
        index_image_files(tmp_path)

    assert "differ only in spelling" in caplog.text
    assert f"{len(names) + 1} classes (images): " in caplog.text
    assert "dog (1)" in caplog.text


def test_labels_that_are_numbers_of_images_are_warned_of(tmp_path, caplog):
    for number in range(20):
        save(tmp_path / f"{number}.png", shade=number)
    lines = [f"{number}.png,{number / 20}" for number in range(20)]
    (tmp_path / "table.csv").write_text("\n".join(["path,label", *lines]))

    with caplog.at_level("INFO"):
        index_image_files(tmp_path / "table.csv")

    assert "20 of the 20 classes have a single image" in caplog.text
    assert "and 8 more" in caplog.text


def test_rows_without_label_or_split_are_warned_of(tmp_path, caplog):
    rows = [("train", "cat"), ("", "dog"), ("test", "cat"), ("train", ""), ("train", "dog"), ("test", "dog")]
    for number in range(len(rows)):
        save(tmp_path / f"{number}.png", shade=number)
    lines = [f"{number}.png,{label},{split}" for number, (split, label) in enumerate(rows)]
    (tmp_path / "table.csv").write_text("\n".join(["path,label,split", *lines]))

    with caplog.at_level("INFO"):
        index_image_files(tmp_path / "table.csv")

    assert "table.csv: 1 of the 6 rows has no label, such as line 5: its image is left out." in caplog.text
    assert "1 of the 5 images has no split, such as 1.png: it counts as training images." in caplog.text


@pytest.mark.parametrize("joined", ["Mass|Nodule", "Mass, Nodule", "Mass;Nodule"])
def test_several_labels_in_one_cell_are_warned_of(tmp_path, joined, caplog):
    rows = ["path;;label"]
    for number, label in enumerate(["Mass", "Nodule", joined]):
        Image.new("L", (8, 8), 40 * number).save(tmp_path / f"{number}.png")
        rows.append(f'{number}.png;;"{label}"')
    (tmp_path / "labels.csv").write_text("\n".join(rows).replace(";;", "\t"))

    index_image_files(tmp_path / "labels.csv")

    assert f"{joined!r} look like several labels of one image" in caplog.text


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([b"cat/\xff.png"], r"cat/\xff.png"),
        ([b"\xff\xfe owl/%d.png" % number for number in range(12)], r"\xff\xfe owl/ (12 of its files)"),
        (
            [b"cat/a\xe9/b\xe9/1.png", b"cat/a\xe9/2.png", b"dog/\xe9.png"],
            r"cat/a\xe9/ (2 of its files), dog/\xe9.png",
        ),
    ],
)
def test_names_that_are_no_text_are_told_as_they_may_be_a_whole_class(tmp_path, caplog, names, told):
    for place in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        save(tmp_path / place)
    try:
        for name in names:
            path = tmp_path / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tmp_path / "cat/1.png", path)
    except OSError:
        pytest.skip("this system takes valid names only")
    index_image_files(tmp_path)
    assert f"Left out, as these names are not valid UTF-8: {told}. Rename them." in caplog.text


@pytest.mark.parametrize("count", [1, 3])
def test_a_class_that_cannot_be_read_is_not_said_to_be_empty(folder, caplog, count):
    for number in range(count):
        path = folder / "owl" / f"{number}.png"
        save(path)
        path.write_bytes(path.read_bytes()[:20])
    assert set(index_image_files(folder)["class_name"]) >= {"cat", "dog", "owl"}
    files = "1 file" if count == 1 else f"{count} files"
    assert f"'owl' is no class of the task: {files} cannot be read (" in caplog.text
    assert "There is no image in" not in caplog.text


def test_where_one_class_is_left_the_others_that_cannot_be_read_are_told(folder, caplog):
    (folder / "dog" / "1.png").write_bytes(b"")
    with pytest.raises(UserError, match="are of one class"):
        index_image_files(folder)
    assert "'dog' is no class of the task: 1 file cannot be read (" in caplog.text
