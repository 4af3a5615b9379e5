"""Folders that are parts of a set are no classes, and a table that says what is in them is pointed at."""

import shlex

import pytest
from PIL import Image

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.layout.vocabulary import are_parts
from image_classification.parameters.command_line import speak_of_parameters


@pytest.fixture(autouse=True)
def command_line():
    """Have messages say what to type, as its answers are typed here."""
    speak_of_parameters()


def make(root, folders, table="labels.csv", column="image", written=lambda name: name):
    """Three small pictures in each folder, and a table of all of them."""
    rows = [f"{column},diagnosis"]
    for place, folder in enumerate(folders):
        (root / folder).mkdir(parents=True)
        for number in range(3):
            name = f"scan_{place}{number}.png"
            Image.new("L", (8, 8), 40 * number).save(root / folder / name)
            rows.append(f"{written(name)},{'ab'[number % 2]}")
    if table:
        (root / table).write_text("\n".join(rows))
    return root


def typed(line):
    [_, text] = shlex.split(line[line.index("--params") :])
    return parse_params(None, None, text)["image_folder"]


PARTS = [
    ["HAM10000_images_part_1", "HAM10000_images_part_2"],
    ["images_001/images", "images_002/images", "images_003/images"],
    ["batch1", "batch2", "batch10"],
    ["Data-01", "Data-02"],
    ["photos 1", "photos 2"],
]


@pytest.mark.parametrize("folders", PARTS, ids=" ".join)
@pytest.mark.parametrize("written", [str, lambda name: name.removesuffix(".png")])
def test_parts_are_asked_about_and_the_table_is_the_first_answer(tmp_path, folders, written):
    root = make(tmp_path / "a set", folders, written=written)

    with pytest.raises(
        UserError, match="are named like the parts of one set, and not like classes"
    ) as caught:
        index_image_files(root)

    answers = [typed(line) for line in str(caught.value).splitlines() if line.startswith("  - ")]
    assert answers == [{"path": str(root / "labels.csv")}, {"layout": "classes"}]
    table = index_image_files(root / "labels.csv")
    assert set(table["class_name"]) == {"a", "b"}
    assert (table["header_status"] == "ok").all()


@pytest.mark.parametrize("folders", PARTS, ids=" ".join)
def test_without_a_table_they_are_asked_about_as_well(tmp_path, folders):
    with pytest.raises(UserError, match=r'--params "image_folder\.path=<table>"'):
        index_image_files(make(tmp_path / "a set", folders, table=""))


@pytest.mark.parametrize(
    "names",
    [
        ["cat", "dog"],
        ["class_1", "class_2"],
        ["1", "2"],
        ["s01", "s02"],
        ["stage 1", "stage 2"],
        ["images", "pictures"],
        ["images_1", "images_b"],
        ["type1", "type2"],
        ["party 1", "party 2"],
    ],
)
def test_names_that_may_be_classes(names):
    assert not are_parts(names)


@pytest.mark.parametrize("table", ["labels.csv", "meta.tsv", "train.csv"])
def test_a_table_beside_classes_is_pointed_at(tmp_path, table, caplog):
    root = make(tmp_path / "pets", ["cat", "dog"], table)
    if table.endswith("tsv"):
        (root / table).write_text((root / table).read_text().replace(",", "\t"))

    assert set(index_image_files(root)["class_name"]) >= {"cat", "dog"}

    # the caller logs what the layout warns of
    (line,) = [
        line for line in caplog.text.splitlines() if f"{table} in this folder names its pictures" in line
    ]
    assert typed(line) == {"path": str(root / table)}


@pytest.mark.parametrize(
    "content",
    [
        "name,sound\ncat,meow\ndog,woof\n",
        "",
        "not a table",
        "a\nb\nc\n",
        "path,label\nx.png,a\ny.png,b\n",
        '"open',
    ],
)
def test_other_files_are_none(tmp_path, content, caplog):
    root = make(tmp_path / "pets", ["cat", "dog"], table="")
    (root / "notes.csv").write_text(content)

    index_image_files(root)

    assert "names its pictures" not in caplog.text


@pytest.mark.parametrize("folders", [["images"], ["train", "test"]])
def test_errors_of_folders_name_the_table(tmp_path, folders):
    root = make(tmp_path / "a set", folders)

    with pytest.raises(UserError) as caught:
        index_image_files(root)

    line = next(line for line in str(caught.value).splitlines() if "names its pictures" in line)
    assert typed(line) == {"path": str(root / "labels.csv")}
