"""A table of files and labels is read as it is written, and its mistakes are explained."""

import pandas as pd
import pytest

from image_classification.errors import UserError
from image_classification.images.folder.image_table import read_image_table
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.options import TableOptions


@pytest.fixture
def write(tmp_path):
    """Write a table, and files a, b, c, a.jpg, b.jpg, c.jpg beside it."""
    for name in ("a", "b", "c", "a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()

    def write_table(text, name="images.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write_table


def read(table, **parameters):
    return read_image_table(table, TableOptions(**parameters))


def test_labels_are_text_whatever_they_look_like(write):
    rows = read(write("path,label\na.jpg,007\nb.jpg,NA\nc.jpg,1.0\n"))

    assert [(row.name, row.class_name, row.given_split, row.status) for row in rows] == [
        ("a.jpg", "007", "", "ok"),
        ("b.jpg", "NA", "", "ok"),
        ("c.jpg", "1.0", "", "ok"),
    ]


def test_splits_and_groups(write):
    rows = read(write("path,label,split,patient\na,x,Train,7\nb,x,val,7\nc,y,,\n"), group="patient")

    assert [row.given_split for row in rows] == ["train", "validation", ""]
    assert [row.group for row in rows] == ["7", "7", ""]


def test_other_formats_say_the_same(tmp_path, write):
    frame = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "label": [1, 2], "split": ["train", None]})
    frame.to_parquet(tmp_path / "images.parquet")
    frame.set_index("path").to_parquet(tmp_path / "indexed.parquet")
    frame.to_csv(tmp_path / "images.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "images.csv", index=False, encoding="utf-8-sig")
    frame.to_csv(tmp_path / "images.txt", sep=" ", index=False)

    tables = [read(path) for path in sorted(tmp_path.glob("i*.*")) if path.suffix != ".jpg"]

    assert len(tables) == 5
    assert all(table == tables[0] for table in tables)
    assert [row.class_name for row in tables[0]] == ["1", "2"]


def test_rows_that_say_too_little_are_told_with_their_line(write):
    rows = read(write('path,label\na,"x\n"\n\n,x\nb,\na,x\n'))

    # the second row has a line break in it, and an empty line follows
    assert [row.status for row in rows] == [
        "ok",
        "unreadable: line 5 of the table names no file",
        "ignored: line 6 of the table gives it no label",
        "ignored: line 7 of the table names it again",
    ]
    assert len({row.name for row in rows}) == len(rows)


def test_rows_of_parquet_are_rows(tmp_path, write):
    write("")
    pd.DataFrame({"path": ["a", "b", "a"], "label": ["x", None, "x"]}).to_parquet(tmp_path / "t.parquet")

    assert [row.status for row in read(tmp_path / "t.parquet")] == [
        "ok",
        "ignored: row 2 of the table gives it no label",
        "ignored: row 3 of the table names it again",
    ]


@pytest.mark.parametrize(
    "again", ["a.jpg", "./a.jpg", "sub/../a.jpg", "sub//../a.jpg", ".\\a.jpg", "{folder}/a.jpg"]
)
def test_one_file_in_two_spellings(tmp_path, write, again):
    (tmp_path / "sub").mkdir()
    again = again.format(folder=tmp_path)

    rows = read(write(f"path,label\na.jpg,x\nb.jpg,y\n{again},x\n"))

    assert [row.status for row in rows] == ["ok", "ok", "ignored: line 4 of the table names it again"]
    with pytest.raises(UserError, match=r"gives a.jpg two labels: 'x' \(line 2\) and 'y' \(line 4\)"):
        read(write(f"path,label\na.jpg,x\nb.jpg,y\n{again},y\n"))
    with pytest.raises(UserError, match=r"gives a.jpg two splits: 'train' \(line 2\) and 'test' \(line 3\)"):
        read(write(f"path,label,split\na.jpg,x,train\n{again},x,test\n"))


def test_links_to_one_file_are_files_of_their_own(tmp_path, write):
    (tmp_path / "soft").symlink_to(tmp_path / "a")
    (tmp_path / "hard").hardlink_to(tmp_path / "a")

    assert [row.status for row in read(write("path,label\na,x\nsoft,y\nhard,z\n"))] == ["ok"] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label,split\na,x,trian\n", r"line 2, column 'split': 'trian'; did you mean train\?"),
        ("a.jpg,cat\nb.jpg,dog\n", r"no header line: .* a.jpg, cat, (?s:.*)path,label"),
        ("cat;a\ndog;b\n", r"no header line: .* cat, a, names a file"),
        ("", "cannot be read: it is empty"),
        ("path,label\n", "has no rows, only path, label"),
        ('path,label\n"a,x\n', "cannot be read: in line 2"),
        ("path,label\na,x\nb,x,y\n", "has 3 fields in line 3, and 2 in its header"),
        ("path,label,label\na,x,x\n", "several columns 'label'"),
    ],
)
def test_mistakes(write, text, message):
    with pytest.raises(UserError, match=message):
        read(write(text))


@pytest.mark.parametrize("role", ["path", "label", "split", "group"])
def test_a_column_that_is_not_there(write, role):
    with pytest.raises(UserError) as caught:
        read(write("path,label,patient\na,x,1\nb,y,2\n"), **{role: "patint"})

    assert f"no column 'patint' (TableOptions.{role}); did you mean patient or" in str(caught.value)
    assert "  label: 'x', 'y'" in str(caught.value)


def test_most_files_missing_is_an_error_and_a_few_are_rows(write, caplog):
    rows = read(write("path,label\na,x\ngone.jpg,x\nb,y\n"))

    assert [row.status for row in rows] == ["ok", "unreadable: there is no such file", "ok"]
    assert "1 of the 3 files that images.csv names does not exist" in caplog.text
    assert "gone.jpg (line 3)" in caplog.text
    with pytest.raises(UserError, match=r"2 of the 3 files that the table .* names do not exist"):
        read(write("path,label\na,x\ngone.jpg,x\nlost.jpg,y\n"))


def test_names_start_from_the_table_wherever_the_files_are(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "labels").mkdir()
    table = tmp_path / "labels" / "t.csv"
    table.write_text("path,label\na.jpg,x\nb.jpg,y\n")

    for root in ("../images", str(tmp_path / "images")):
        assert [row.name for row in read(table, root=root)] == ["../images/a.jpg", "../images/b.jpg"]
    (tmp_path / "link").symlink_to(tmp_path / "labels")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "link").symlink_to(tmp_path / "labels")
    linked = tmp_path / "deep" / "er" / "link" / "t.csv"
    for row in read(linked, root=str(tmp_path / "images")):
        assert (linked.parent / row.name).is_file()


def test_a_root_that_is_not_there(write):
    with pytest.raises(UserError, match=r"TableOptions\.root = nowhere: there is no such folder; looked"):
        read(write("path,label\na,x\n"), root="nowhere")


def test_what_is_no_parquet(write):
    with pytest.raises(UserError, match="cannot be read"):
        read(write("path,label\n", "images.parquet"))


@pytest.mark.parametrize("nothing", ["NA", "nan", "None", "NULL", "<NA>", "N/A"])
def test_images_whose_group_nobody_knows_have_nothing_in_common(write, nothing, caplog):
    rows = read(write(f"path,label,patient\na,x,{nothing}\nb,y,{nothing}\nc,y,7\n"), group="patient")

    assert [row.group for row in rows] == ["", "", "7"]
    assert f"2 of the 3 rows have {nothing} as 'patient', which is not a group" in caplog.text


@pytest.mark.parametrize(
    ("header", "parameters", "roles"),
    [
        ("path,label", {"label": "path"}, "path and label"),
        ("path,label,split", {"group": "split"}, "split and group"),
        ("file,class", {"path": "class", "label": "class"}, "path and label"),
        ("path,label", {"group": "label"}, "label and group"),
        ("path,label", {"split": "label"}, "label and split"),
    ],
)
def test_no_column_is_two_things(write, header, parameters, roles):
    table = write(
        f"{header}\n" + "\n".join(",".join(["a", "x", "train"][: header.count(",") + 1]) for _ in "ab")
    )

    with pytest.raises(UserError, match=f"would be both {roles}"):
        read(table, **parameters)


@pytest.mark.parametrize("header", ["x" * 300, "path" + "x" * 5000])
def test_names_of_columns_that_can_be_no_file(write, header):
    with pytest.raises(UserError, match="has no column 'path'"):
        read(write(f"{header},other\na,1\n"))
    with pytest.raises(UserError):
        find_new_images(write(f"{header}\na\n"))


def test_a_split_that_is_left_out(write):
    rows = read(
        write("path,label,split\na,x,train\nb,y,unlabeled\nc,y,test\n"), split_values={"unlabeled": "none"}
    )

    assert [(row.given_split, row.status) for row in rows] == [
        ("train", "ok"),
        ("", "ignored: line 3 of the table gives it a split that is left out"),
        ("test", "ok"),
    ]


@pytest.mark.parametrize("unknown", ["unknown", "Unknown", "?", "-", "not available"])
def test_images_of_an_unknown_group_have_nothing_in_common_either(write, unknown):
    rows = read(write(f"path,label,patient\na,x,{unknown}\nb,y,{unknown}\n"), group="patient")

    assert [row.group for row in rows] == ["", ""]


def test_splits_in_columns_of_flags_are_answered_with_what_makes_one_of_them(write):
    table = write("path,label,train,val,test\na,x,1,0,0\nb,y,0,1,0\nc,y,0,0,1\n")

    with pytest.raises(UserError, match=r"table\['split'\] = table\[\['train', 'val', 'test'\]\]") as caught:
        read(table)

    frame = pd.read_csv(table)
    code = next(line for line in str(caught.value).splitlines() if "idxmax" in line).partition(
        "pandas does: "
    )[2]
    exec(code, {"table": frame})
    frame.drop(columns=["train", "val", "test"]).to_csv(table, index=False)
    assert [row.given_split for row in read(table)] == ["train", "validation", "test"]
