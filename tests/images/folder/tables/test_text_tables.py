"""A text table says the same in every encoding, with every separator, quoting and end of line."""

import csv
import io
import itertools
import random

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.read import read_table

ROWS = [
    ["path", "label", "remark"],
    ["Bücher/a 1.jpg", "Käse", ""],
    ["b,c;d.jpg", "007", 'said "so"'],
    ["c\\d|e.jpg", "NA", "x;y\tz"],
]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
STYLES = list(itertools.product(ENCODINGS, ",;\t|", ("\n", "\r\n", "\r"), (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))


def written(rows, separator, end, quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def read(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_table(path)


@pytest.mark.parametrize(("encoding", "separator", "end", "quoting"), random.Random(0).sample(STYLES, 60))
def test_every_style(tmp_path, encoding, separator, end, quoting):
    name = random.Random(repr((encoding, separator, end))).choice(["t.csv", "t.tsv", "t.txt", "T.CSV"])

    table = read(tmp_path, written(ROWS, separator, end, quoting).encode(encoding), name)

    assert {name: list(values) for name, values in table.columns.items()} == {
        title: [row[place] for row in ROWS[1:]] for place, title in enumerate(ROWS[0])
    }
    assert list(table.numbers) == [2, 3, 4]


@pytest.mark.parametrize("separator", list(",;\t|"))
@pytest.mark.parametrize("ends", [(0, 1, 1), (1, 1, 1), (2, 0, 1), (0, 2, 0)])
def test_separators_at_the_end_of_lines_shift_nothing(tmp_path, separator, ends):
    rows = [["path", "label"], ["a", "x"], ["b", "y"]]
    lines = [separator.join(row) + separator * more for row, more in zip(rows, ends, strict=True)]

    table = read(tmp_path, "\n".join(lines).encode())

    assert dict(table.columns) == {"path": ["a", "b"], "label": ["x", "y"]}


def test_short_lines_empty_lines_and_lines_of_separators(tmp_path):
    table = read(tmp_path, b"path,label,age\n\na,x\n,,\n , \nb,y,3\n")

    assert dict(table.columns) == {"path": ["a", "b"], "label": ["x", "y"], "age": ["", "3"]}
    assert [table.place(row) for row in (0, 1)] == ["line 3", "line 6"]


def test_a_column_without_a_name(tmp_path):
    assert list(read(tmp_path, b",path,label\n0,a,x\n1,b,y\n").columns) == ["column 1", "path", "label"]


@pytest.mark.parametrize("names", [["a,b.jpg", "c;d.jpg"], ["a b.jpg", "c|d.jpg"], ["x.jpg", "y.jpg"]])
@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.tsv"])
def test_a_single_column_has_no_separator(tmp_path, names, name):
    table = read(tmp_path, "\n".join(["path", *names]).encode(), name)

    assert dict(table.columns) == {"path": names}


def test_excel_says_its_separator(tmp_path):
    table = read(tmp_path, b"sep=;\r\npath;label\r\na;x\r\n")

    assert dict(table.columns) == {"path": ["a"], "label": ["x"]}
    assert table.place(0) == "line 3"


def test_spaces_separate_in_text_files_alone(tmp_path):
    assert dict(read(tmp_path, b"path label\na  x\nb y\n", "t.txt").columns) == {
        "path": ["a", "b"],
        "label": ["x", "y"],
    }
    assert list(read(tmp_path, b"path label\na x\n", "t.csv").columns) == ["path label"]


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\xff\xfe"])
def test_what_is_no_text(tmp_path, start):
    with pytest.raises(UserError, match="cannot be read: it is not text"):
        read(tmp_path, start + bytes(range(0x80, 0xA0)) + b"\x00")


def test_an_open_quote_is_found_where_it_opens(tmp_path):
    with pytest.raises(UserError, match="in line 3, "):
        read(tmp_path, b'path,label\na,x\n"b,y\nc,z\n')


@pytest.mark.parametrize("zeros", [1, 3, 10])
def test_a_few_zeros_make_no_other_encoding(tmp_path, zeros):
    rows = [f"photo {number}.jpg,cat" for number in range(40)]
    for row in range(zeros):
        rows[3 * row] = rows[3 * row].replace("photo", "pho\0to")

    table = read(tmp_path, "\n".join(["path,label", *rows]).encode())

    assert list(table.columns) == ["path", "label"]
    assert set(table.columns["label"]) == {"cat"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_other_alphabets_without_a_mark(tmp_path, encoding):
    rows = "".join(f"写真/猫の写真その{number}。画像,日本猫\n" for number in range(100))

    table = read(tmp_path, f"path,label\n{rows}".encode(encoding))

    assert set(table.columns["label"]) == {"日本猫"}


def test_a_field_that_holds_a_file(tmp_path):
    with pytest.raises(UserError, match="in line 2, field larger than field limit") as caught:
        read(tmp_path, f"path,label\n{'x' * 200_000},cat\n".encode())

    assert "quotes" not in str(caught.value)


@pytest.mark.parametrize("first", list(",;\t|"))
@pytest.mark.parametrize("second", list(",;\t|"))
def test_two_separators_that_divide_all_lines_alike_are_asked(tmp_path, first, second):
    text = f"path{first}label{second}x\n1.jpg{first}cat{second}1\n2.jpg{first}dog{second}2\n"
    if first == second:
        assert len(read(tmp_path, text.encode()).columns) == 3
        return

    with pytest.raises(UserError, match="may be divided by") as caught:
        read(tmp_path, text.encode())

    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    assert {f"PathTableOptions(separator={names[each]!r})" for each in (first, second)} == {
        line.strip() for line in str(caught.value).splitlines()[1:]
    }


@pytest.mark.parametrize(
    ("name", "sign"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|"), ("space", " ")]
)
def test_the_separator_that_is_named_is_used(tmp_path, name, sign):
    others = "".join({*",;|"} - {sign})
    path = tmp_path / "t.csv"
    path.write_text(f"path{sign}label\n1.jpg{sign}a{others}b\n2.jpg{sign}c{others}d\n")

    table = read_table(path, PathTableOptions(separator=name))

    assert dict(table.columns) == {"path": ["1.jpg", "2.jpg"], "label": [f"a{others}b", f"c{others}d"]}
