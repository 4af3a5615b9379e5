"""A table that is damaged, or can be understood in two ways, is refused with what is wrong in it."""

import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from image_classification.errors import UserError
from image_classification.images.folder.image_table import read_image_table
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.tables.read import read_table


@pytest.fixture
def write(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.png").touch()

    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def labels(path, **options):
    return [file.class_name for file in read_image_table(path, TableOptions(**options))]


def refused(path):
    with pytest.raises(UserError) as error:
        read_image_table(path, TableOptions())
    return str(error.value)


TWICE = {
    "the same": ("label", "label"),
    "with a space": ("label", " label "),
    "with a mark": ("\ufefflabel", "label"),
    "without a width": ("label", "lab\u200bel"),
    "composed in another way": ("étiquette", "e\u0301tiquette"),
}


@pytest.mark.parametrize("names", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_two_columns_of_one_name(write, tmp_path, names, kind):
    if kind == "csv":
        path = write(f"path,{','.join(names)}\na.png,x,y\nb.png,y,x\n")
    else:
        path = tmp_path / "t.parquet"
        columns = [pa.array(["a.png", "b.png"]), pa.array(["x", "y"]), pa.array(["y", "x"])]
        pq.write_table(pa.Table.from_arrays(columns, names=["path", *names]), path)

    message = refused(path)

    assert "has several columns" in message
    assert "2 and 3 of 3" in message


def test_two_columns_that_differ_in_case(write):
    path = write("path,Label,label\na.png,x,y\nb.png,y,z\n")

    assert "differ only in the case of their letters: 'Label', 'label'" in refused(path)
    assert labels(path, label="Label") == ["x", "y"]
    assert labels(path, label="label") == ["y", "z"]


def test_two_encodings(write):
    path = write("path,label\na.png,é\n".encode() + "b.png,ä\n".encode("latin-1"))

    assert "written in two encodings: line 2 in UTF-8, and line 3 in another one" in refused(path)
    assert labels(write("path,label\na.png,é\nb.png,ä\n".encode("latin-1"))) == ["é", "ä"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf \r\n"])
def test_nothing_but_a_mark_is_empty(write, content):
    assert "it is empty" in refused(write(content))


def test_a_label_with_a_zero(write):
    # a file that a machine was writing as its power failed
    assert "has a NUL character in line 3, column 'label'" in refused(
        write("path,label\na.png,x\nb.png,y\0\0\n")
    )


def test_a_label_that_is_a_whole_text(write):
    assert "a label of 501 characters in line 2" in refused(
        write(f"path,label\na.png,{'x' * 501}\nb.png,y\n")
    )


def test_a_label_on_two_lines_is_one(write):
    assert labels(write('path,label\na.png,"x\ny"\nb.png,"x\r\ny"\nc.png,"x y"\n')) == ["x y"] * 3


def test_what_programs_write_for_no_label_is_none(write):
    text = "".join(
        f"{name}.png,{label}\n" for name, label in zip("abcd", ("NaN", "nan", "none", "NA"), strict=True)
    )

    assert labels(write(f"path,label\n{text}")) == ["", "", "none", "NA"]


def test_a_path_with_a_zero_is_no_file(write):
    files = read_image_table(write("path,label\na.png,x\nb.png,y\nc\0.png,x\n"), TableOptions())

    assert [(file.name, file.status) for file in files][2] == (
        "c\\x00.png",
        "unreadable: there is no such file",
    )


@pytest.mark.parametrize("kind", [pa.date32(), pa.duration("s"), pa.time64("us")])
def test_numbers_beyond_what_they_count(tmp_path, kind):
    whole = pa.int32() if kind == pa.date32() else pa.int64()
    values = pa.array([2**30 if kind == pa.date32() else 2**62, 1], whole).view(kind)
    pq.write_table(pa.table({"path": ["a", "b"], "label": values}), tmp_path / "t.parquet")

    with pytest.raises(UserError, match=r"t\.parquet cannot be read: "):
        read_table(tmp_path / "t.parquet")


def test_a_damaged_parquet_file(tmp_path):
    path, generator = tmp_path / "t.parquet", random.Random(0)
    pd.DataFrame({"path": ["a.png", "b.png"], "label": ["x", "y"]}).to_parquet(path)
    whole = path.read_bytes()
    messages = []
    for number in range(200):
        content = bytearray(whole)
        for _ in range(generator.randrange(1, 5)):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path.write_bytes(content[: generator.randrange(len(content))] if number % 2 else content)
        try:
            read_table(path)
        except UserError as error:
            messages.append(str(error))

    assert len(messages) > 100
    assert all("cannot be read: " in message or "several columns" in message for message in messages)
    assert not any("codec" in message for message in messages)
