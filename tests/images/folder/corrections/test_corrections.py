"""A table of corrections is understood as people and programs write it, and refused where it is not clear."""

from pathlib import Path

import pandas as pd
import pytest

from image_classification.errors import UserError
from image_classification.images.folder.corrections.table import LEAVE_OUT, corrections_path, read_corrections

NAMES = ["train/cat/1.png", "train/dog/1.png", "train/dog/=2.png", "test/dog/caf\u00e9.png", "cat/ 3 .png"]
CLASSES = {"cat", "dog", "big  dog"}
FOLDER = Path("/photos")


def read(tmp_path, text, name="fixes.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    found = read_corrections(path, NAMES, CLASSES, FOLDER)
    return {NAMES[place]: correction.label for place, correction in found.items()}


@pytest.mark.parametrize(
    "written",
    [
        "train/cat/1.png",
        "./train/cat/1.png",
        "train\\cat\\1.png",
        ".\\train\\cat\\1.png",
        "/photos/train/cat/1.png",
        '"train/cat/1.png"',
    ],
)
def test_a_path_is_understood_however_systems_write_it(tmp_path, written):
    assert read(tmp_path, f"file,label\n{written},dog\n") == {"train/cat/1.png": "dog"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'train/dog/=2.png", "train/dog/=2.png"),
        ("test/dog/cafe\u0301.png", "test/dog/caf\u00e9.png"),
        ("cat/ 3 .png", "cat/ 3 .png"),
        ("cat/3 .png", None),
    ],
)
def test_only_what_is_surely_meant_is_taken(tmp_path, written, name):
    if name:
        assert read(tmp_path, f"file,label\n{written},cat\n") == {name: "cat"}
    else:
        with pytest.raises(UserError, match="name 1 unknown file"):
            read(tmp_path, f"file,label\n{written},cat\n")


@pytest.mark.parametrize(
    ("label", "meant"),
    [("cat", "cat"), ("'cat", "cat"), (" cat ", "cat"), ("big dog", "big  dog"), (LEAVE_OUT, LEAVE_OUT)],
)
def test_labels(tmp_path, label, meant):
    assert read(tmp_path, f"file,label\ntrain/dog/1.png,{label}\n") == {"train/dog/1.png": meant}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("separator", "end"), [(",", "\n"), (";", "\r\n"), ("\t", "\n")])
def test_encodings_and_separators(tmp_path, encoding, separator, end):
    text = end.join([f"Label{separator}File", f"dog{separator}test/dog/caf\u00e9.png", ""])

    assert read(tmp_path, text, encoding=encoding) == {"test/dog/caf\u00e9.png": "dog"}


def test_parquet_with_more_columns(tmp_path):
    table = pd.DataFrame({"file": NAMES[:2], "label": ["dog", "cat"], "note": [1, 2]})
    table.to_parquet(tmp_path / "fixes.parquet")

    assert len(read_corrections(tmp_path / "fixes.parquet", NAMES, CLASSES, FOLDER)) == 2


def test_a_row_that_is_there_twice_counts_once(tmp_path):
    text = "file,label\ntrain/cat/1.png,dog\n./train/cat/1.png,dog\n"

    assert read(tmp_path, text) == {"train/cat/1.png": "dog"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na,b\n", r"has no column 'file'[\s\S]*Expected the columns file and label"),
        ("file,lable\na,b\n", "has no column 'label'; did you mean lable"),
        ("file,label,Label\na,b,c\n", "has 2 columns 'label'"),
        ("train/cat/1.png,dog\n", "has no column 'file'"),
        ("file,label\n,dog\n", "name no file in line 2"),
        ("file,label\ntrain/cat/1.png,\n", "name no label in line 2"),
        (
            "file,label\ntrain/cat/2.png,dog\n",
            r"name 1 unknown file, such as train/cat/2.png \(line 2\); did you",
        ),
        ("file,label\n1.png,dog\n", "did you mean train/cat/1.png or train/dog/1.png"),
        (
            "file,label\ntrain/cat/1.png,dog\n\n./train/cat/1.png,leave_out\n",
            r"two labels: 'dog' \(line 2\) and 'leave_out' \(line 4\)",
        ),
        ('file,label\n"train/cat/1.png,dog\n', "cannot be read: in line 2"),
        ("file,label\ntrain/cat/1.png,dog,cat\n", "3 fields in line 2"),
        (b"\x89PNG\r\n\x1a\n\0\0", "cannot be read|has no column"),
        (b"file,label\ncaf\xc3\xa9,dog\ncaf\xe9,dog\n", "two encodings"),
        ("", "is empty"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_place(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text)


def test_the_table_is_looked_for_here_and_beside_the_images(tmp_path, monkeypatch):
    here, images = tmp_path / "here", tmp_path / "images"
    for folder in (here, images):
        folder.mkdir()
    monkeypatch.chdir(here)
    (images / "fixes.csv").write_text("file,label\n")

    assert corrections_path("", images) is None
    assert corrections_path("fixes.csv", images) == images / "fixes.csv"
    (here / "fixes.csv").write_text("file,label\n")
    assert corrections_path("fixes.csv", images) == Path("fixes.csv")


@pytest.mark.parametrize(
    ("value", "message"),
    [("fixed.csv", "did you mean .*fixes.csv"), (".", "no table"), ("a.png", "no table")],
)
def test_what_is_no_table_is_refused(tmp_path, monkeypatch, value, message):
    monkeypatch.chdir(tmp_path)
    for name in ("fixes.csv", "a.png"):
        (tmp_path / name).touch()

    with pytest.raises(UserError, match=message):
        corrections_path(value, tmp_path / "images")
