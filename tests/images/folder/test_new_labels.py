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


def labels(where, wanted="auto"):
    found = find_new_images(where)
    known = known_labels(found, CLASSES, wanted, "labels")
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


def test_a_column_of_something_else(write):
    folder = write("1.png", "2.png", "3.png")
    (folder / "t.csv").write_text("path,label\n1.png,4\n2.png,7\n3.png,cat\n")

    assert labels(folder / "t.csv") is None
    assert labels(folder / "t.csv", "label") == {"1.png": "4", "2.png": "7", "3.png": "cat"}


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
