"""A table is read in the encoding that it is written in, or a question shows how it would read in each."""

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.image_table import read_image_table
from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.read import read_table
from image_classification.parameters.command_line import speak_of_parameters

GUESSED = {
    "cp1252": [
        "Äpfel",
        "café",
        "naïve",
        "señor",
        "été",
        "Öl",
        "é",
        "dog\u2019s",
        "5 °C",
        "10–20",
        "«oui»",
        "Größe",
    ],
    "cp932": ["ネコ", "いぬ", "シェパード", "トイプードルの子犬"],
}
ASKED = {
    "cp932": ["猫", "犬", "小鳥"],
    "gb18030": ["小鸟", "汽车", "狗"],
    "big5": ["貓", "小鳥", "汽車"],
    "cp949": ["고양이", "개"],
    "cp1251": ["кошка", "птица"],
    "koi8_r": ["кошка", "собака"],
    "cp1253": ["γάτα", "σκύλος"],
}
CASES = [(encoding, label) for encoding, labels in GUESSED.items() for label in labels]
QUESTIONS = [(encoding, label) for encoding, labels in ASKED.items() for label in labels]


def write(tmp_path, encoding, *labels, rows=6):
    lines = ["path,label", *(f"{number}.jpg,{labels[number % len(labels)]}" for number in range(rows))]
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize(("encoding", "label"), CASES)
def test_what_is_beyond_doubt_is_read_and_told(tmp_path, encoding, label):
    speak_of_parameters()

    table = read_table(write(tmp_path, encoding, label), TableOptions())

    assert set(table.columns["label"]) == {label}
    [remark] = table.remarks
    assert remark.startswith(f"as {encoding}, as it is not UTF-8 (such as '0.jpg,{label}'")
    assert "image_folder.table.encoding=" in remark


@pytest.mark.parametrize(("encoding", "label"), QUESTIONS)
def test_a_question_shows_how_it_would_read(tmp_path, encoding, label):
    speak_of_parameters()

    with pytest.raises(UserError, match="in which encoding it is written is not clear") as caught:
        read_table(write(tmp_path, encoding, label), TableOptions())

    assert (
        f"  --params image_folder.table.encoding={encoding}: 0.jpg,{label}" in str(caught.value).splitlines()
    )


@pytest.mark.parametrize(("encoding", "label"), [*CASES, *QUESTIONS, ("utf-16", "猫"), ("utf-8-sig", "猫")])
def test_the_encoding_that_is_named_is_used(tmp_path, encoding, label):
    table = read_table(write(tmp_path, encoding, label), PathTableOptions(encoding=encoding))

    assert list(table.columns) == ["path", "label"]
    assert set(table.columns["label"]) == {label}
    assert table.remarks == []


def test_a_mark_is_no_part_of_the_first_name(tmp_path):
    table = read_table(write(tmp_path, "utf-8-sig", "a", "b"), PathTableOptions(encoding="utf-8"))

    assert list(table.columns) == ["path", "label"]


def test_the_encoding_that_is_named_is_not_that(tmp_path):
    with pytest.raises(UserError, match=r"is not written in utf-8 \(PathTableOptions\.encoding\)"):
        read_table(write(tmp_path, "cp1252", "café"), PathTableOptions(encoding="utf-8"))


@pytest.mark.parametrize("name", ["utf8x", "rot13", "hex", "a\0b", "undefined", "é"])
def test_what_is_no_encoding(name):
    with pytest.raises(ValueError, match="expected an encoding that Python knows"):
        PathTableOptions(encoding=name)


def test_the_labels_of_images_are_asked_about_too(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("path,label\n1.jpg,кошка\n2.jpg,собака\n".encode("cp1251"))

    with pytest.raises(UserError) as caught:
        read_image_table(path, TableOptions())

    assert "кошка" in str(caught.value)
