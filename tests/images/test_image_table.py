"""A table of files and labels is read as it is written, and its mistakes are explained."""

import pandas as pd
import pytest

from image_classification.errors import UserError
from image_classification.images.image_table import read_image_table


def write(tmp_path, text, name="images.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_are_text_whatever_they_look_like(tmp_path):
    rows = read_image_table(write(tmp_path, "path,label\na.jpg,007\nb.jpg,NA\n"))

    assert [(row.name, row.class_name, row.given_split, row.status) for row in rows] == [
        ("a.jpg", "007", "", "ok"),
        ("b.jpg", "NA", "", "ok"),
    ]


def test_splits_and_groups(tmp_path):
    path = write(tmp_path, "path,label,split,patient\na,x,Train,7\nb,x,val,7\nc,y,,8\n")

    rows = read_image_table(path, group="patient")

    assert [row.given_split for row in rows] == ["train", "validation", ""]
    assert [row.group for row in rows] == ["7", "7", "8"]


def test_other_formats_say_the_same(tmp_path):
    frame = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "label": [1, 2], "split": ["train", None]})
    frame.to_parquet(tmp_path / "images.parquet")
    frame.to_csv(tmp_path / "images.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "images.csv", index=False, encoding="utf-8-sig")

    parquet, tsv, csv = (read_image_table(tmp_path / f"images.{kind}") for kind in ("parquet", "tsv", "csv"))

    assert parquet == tsv == csv
    assert [row.class_name for row in parquet] == ["1", "2"]


def test_rows_that_say_too_little_are_told(tmp_path):
    rows = read_image_table(write(tmp_path, "path,label\na,x\n,x\nb,\na,x\n"))

    assert [row.status for row in rows] == [
        "ok",
        "unreadable: row 2 of the table names no file",
        "ignored: row 3 of the table gives it no label",
        "ignored: row 4 of the table names it again",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paht,label\n", r"no column 'path'; did you mean paht\? It has: paht, label"),
        ("path\n", "no column 'label'"),
        ("path,label\na,x\na,y\n", r"gives a two labels: 'x' and 'y' \(row 2\)"),
        ("path,label,split\na,x,trian\n", r"row 1: 'trian'; did you mean train"),
        ("", "cannot be read"),
        ('path,label\n"a,x\n', "cannot be read"),
    ],
)
def test_mistakes(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_image_table(write(tmp_path, text))


def test_a_group_that_is_no_column(tmp_path):
    with pytest.raises(UserError, match="no column 'patint'; did you mean patient"):
        read_image_table(write(tmp_path, "path,label,patient\na,x,1\n"), group="patint")


def test_what_is_no_parquet(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_image_table(write(tmp_path, "path,label\n", "images.parquet"))
