"""Folders are classes, or splits of classes; files that are in neither are left out with the reason."""

import unicodedata

from image_classification.images.folder_layout import read_layout
from image_classification.images.found_files import FolderContent, FoundFile


def layout(*names):
    folders = {}
    for name in names:
        parts = name.split("/")
        folders |= {"/".join(parts[:depth]): None for depth in range(1, len(parts))}
    files = [FoundFile(name, "ok") for name in names if not name.endswith("/")]
    return read_layout(FolderContent(files, list(folders)))


def labels(*names):
    return [(file.class_name, file.given_split) for file in layout(*names).files]


def test_a_folder_per_class_nested_to_any_depth():
    assert labels("cat/1.jpg", "cat/indoor/new/2.jpg", "dog/1.jpg") == [("cat", ""), ("cat", ""), ("dog", "")]


def test_splits_by_any_of_their_names():
    assert labels(
        "Train/cat/1.jpg", "val/cat/1.jpg", "valid/cat/x/2.jpg", "validation/dog/1", "test/dog/2"
    ) == [
        ("cat", "train"),
        ("cat", "validation"),
        ("cat", "validation"),
        ("dog", "validation"),
        ("dog", "test"),
    ]


def test_a_single_split_is_a_split():
    assert labels("train/cat/1.jpg", "train/dog/1.jpg") == [("cat", "train"), ("dog", "train")]


def test_a_class_may_be_called_train_or_test():
    assert labels("car/1.jpg", "train/1.jpg", "plane/1.jpg") == [("car", ""), ("train", ""), ("plane", "")]
    assert labels("pass/1.jpg", "test/1.jpg") == [("pass", ""), ("test", "")]


def test_what_lies_beside_classes_or_splits_is_left_out():
    beside_splits = layout("train/cat/1.jpg", "test/cat/1.jpg", "extra/1.jpg", "train/2.jpg", "3.jpg").files

    assert [file.status for file in beside_splits] == [
        "ok",
        "ok",
        "ignored: in none of the folders of splits",
        "ignored: in no folder of a class",
        "ignored: in no folder of a class",
    ]
    assert layout("cat/1.jpg", "2.jpg").files[1].status == "ignored: in no folder of a class"


def test_an_accent_is_one_class_however_it_is_written():
    composed, decomposed = (unicodedata.normalize(form, "Käfer") for form in ("NFC", "NFD"))
    assert composed != decomposed

    files = layout(f"train/{composed}/1.jpg", f"test/{decomposed}/1.jpg").files

    assert [file.class_name for file in files] == [composed, composed]
    assert files[1].name == f"test/{decomposed}/1.jpg"


def test_classes_without_files_are_known():
    assert layout("train/cat/1.jpg", "train/bird/", "test/cat/1.jpg").class_folders == ["cat", "bird"]
