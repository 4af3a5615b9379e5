"""What new images show is known where folders or a column of a table say it, and nowhere else."""

import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_labels import known_labels

CLASSES = ("cat", "Dog", "café")


@pytest.fixture
def write(tmp_path):
    def write(*names):
        for name in names:
            path = tmp_path / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (2, 2)).save(path)
        return tmp_path / "new"

    return write


@pytest.fixture(autouse=True)
def everything_is_logged(caplog):
    caplog.set_level("INFO")


def labels(where, wanted="auto", classes=CLASSES):
    found = find_new_images(where)
    known = known_labels(found, classes, wanted, "labels")
    return known and {file.name: label for file, label in zip(found.files, known.labels, strict=True)}


@pytest.mark.parametrize("prefix", ["", "2024/", "a/test/"])
def test_folders(write, prefix):
    names = [f"{prefix}{name}" for name in ("cat/1.png", "cat/deep/2.png", "dog/1.png", "cafe\u0301/3.png")]
    folder = write(*names, f"{prefix}0.png")

    expected = dict(zip(names, ("cat", "cat", "Dog", "café"), strict=True)) | {f"{prefix}0.png": ""}
    assert labels(folder) == expected
    assert labels(folder, "none") is None


def test_folders_of_classes_that_the_network_does_not_know(write):
    folder = write("cat/1.png", "Dog/2.png", "owl/3.png")

    assert labels(folder) == {"cat/1.png": "cat", "Dog/2.png": "Dog", "owl/3.png": "owl"}


def test_folders_most_of_which_are_no_classes(write):
    folder = write("cat/1.png", "owl/2.png", "cow/3.png")

    assert labels(folder) is None
    assert labels(folder, "folders") == {"cat/1.png": "cat", "cow/3.png": "cow", "owl/2.png": "owl"}


@pytest.mark.parametrize("names", [["1.png"], ["2023/1.png", "2024/2.png"]])
def test_folders_without_classes(write, names):
    folder = write(*names)

    assert labels(folder) is None
    with pytest.raises(UserError, match="labels = folders: the images lie in no folder with the name"):
        labels(folder, "folders")


@pytest.mark.parametrize("column", ["label", "class"])
def test_a_column(write, column):
    folder = write("1.png", "2.png", "3.png")
    (folder / "t.csv").write_text(f"path,{column},age\n1.png,DOG,7\n2.png,,8\n3.png,owl,9\n")

    assert labels(folder / "t.csv") == {"1.png": "Dog", "2.png": "", "3.png": "owl"}
    assert labels(folder / "t.csv", "none") is None
    assert labels(folder / "t.csv", "age") == {"1.png": "7", "2.png": "8", "3.png": "9"}


def test_a_column_of_something_else(write, caplog):
    folder = write("1.png", "2.png", "3.png")
    (folder / "t.csv").write_text("path,label\n1.png,4\n2.png,7\n3.png,cat\n")

    assert labels(folder / "t.csv") is None
    assert caplog.messages == [
        "t.csv: the column 'label' is left aside, as only 1 of its 3 values is a class of the network "
        "(cat, Dog, café): 4, 7. To take it all the same: labels = label"
    ]
    assert labels(folder / "t.csv", "label") == {"1.png": "4", "2.png": "7", "3.png": "cat"}


@pytest.mark.parametrize(
    ("classes", "written", "expected"),
    [
        (("7", "8"), ["7.0", "", "8.0"], ["7", "", "8"]),
        (("-1", "1"), ["-1.0", "1.0", "1"], ["-1", "1", "1"]),
        (("7", "7.0"), ["7.0", "7", ""], ["7.0", "7", ""]),
        (("7", "8"), ["7.0", "8.5", "7.00"], ["7", "8.5", "7.00"]),
    ],
)
def test_whole_numbers_as_pandas_writes_them(write, classes, written, expected):
    names = [f"{number}.png" for number in range(len(written))]
    folder = write(*names)
    lines = [f"{name},{text}" for name, text in zip(names, written, strict=True)]
    (folder / "t.csv").write_text("\n".join(["path,digit", *lines]))

    assert list(labels(folder / "t.csv", "digit", classes).values()) == expected


@pytest.mark.parametrize("folders", [("7", "8"), ("a", "b")])
def test_a_column_none_of_whose_values_is_a_class_is_said_to_be_left_aside(write, folders, caplog):
    names = [f"{folders[0]}/1.png", f"{folders[1]}/2.png"]
    folder = write(*names)
    (folder / "t.csv").write_text(f"file,class,label,age\n{names[0]},07,,1\n{names[1]},08,,2\n")

    found = labels(folder / "t.csv", classes=("7", "8"))

    assert found == (dict(zip(names, folders, strict=True)) if folders[0] == "7" else None)
    (folder / "t.csv").write_text(f"file,label,age\n{names[0]},07,1\n{names[1]},,2\n")
    caplog.clear()
    assert labels(folder / "t.csv", classes=("7", "8")) == found
    (said,) = [each for each in caplog.messages if "left aside" in each]
    assert "'label' is left aside, as none of its values is a class of the network (7, 8): 07. To" in said


def test_a_list_of_files_in_folders_of_classes(write):
    folder = write("cat/1.png", "dog/2.png")
    (folder / "list.txt").write_text("cat/1.png\ndog/2.png\n")

    assert labels(folder / "list.txt") == {"cat/1.png": "cat", "dog/2.png": "Dog"}


def test_a_column_that_is_not_there(write):
    folder = write("cat/1.png")
    (folder / "t.csv").write_text("path,label\ncat/1.png,cat\n")

    with pytest.raises(UserError, match=r"the table .* has no such column; did you mean label"):
        labels(folder / "t.csv", "lable")
    with pytest.raises(UserError, match="the images are in no table"):
        labels(folder / "cat", "label")
