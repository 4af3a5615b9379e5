"""What a word means, as a folder and in a table, alone and beside the others."""

from pathlib import Path

import pytest

from image_classification.images.folder.found_files import FolderContent, FoundFile
from image_classification.images.folder.layout.files import read_layout
from image_classification.images.folder.layout.vocabulary import SPLIT_WORDS
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.tables.splits import read_splits
from image_classification.images.folder.tables.table import Table

MEANINGS = [
    {"train": "train", "dev": "validation", "test": "test"},
    {"train": "train", "eval": "test"},
    {"training": "train", "Evaluation": "test"},
    {"train": "train", "dev": "validation", "eval": "test"},
    {"train": "train", "evaluating": "validation", "tests": "test"},
    {"train": "train", "hold-out": "test"},
    {"train": "train", "heldout": "validation", "test": "test"},
    {"train": "train", "held_out": "test", "val": "validation"},
    {"train": "train", "eval": "validation", "holdout": "test"},
    {"train": "train", "val": "validation", "eval": "validation", "test": "test"},
    {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"},
    {"Training": "train", "public_test": "validation", "private_test": "test"},
    {"train": "train", "publictest": "test"},
    {"trainval": "train", "test": "test"},
    {"trainvalid": "train", "test": "test"},
    {"train_validation": "train", "test": "test"},
    {"TrainSet": "train", "valset": "validation", "TEST_SET": "test"},
    {"train_samples": "train", "test_samples": "test"},
    {"trainsplit": "train", "testsplit": "test"},
    {"train2017": "train", "val2017": "validation"},
]


def as_folders(names):
    files = [f"{name}/{label}/1.jpg" for name in names for label in "ab"]
    folders = [f"{name}{inner}" for name in names for inner in ("", "/a", "/b")]
    read = read_layout(FolderContent([FoundFile(file, "ok") for file in files], folders)).files
    assert {file.class_name for file in read} == {"a", "b"}
    return {file.name.partition("/")[0]: file.given_split for file in read}


def as_values(names):
    table = Table(Path("t.csv"), {"split": list(names)}, range(2, 2 + len(names)))
    return dict(zip(names, read_splits(table, "split", TableOptions()), strict=True))


@pytest.mark.parametrize("meanings", MEANINGS, ids=" ".join)
@pytest.mark.parametrize("read", [as_folders, as_values])
def test_beside_the_others(read, meanings):
    assert read(list(meanings)) == meanings
    assert read(list(reversed(meanings))) == meanings


@pytest.mark.parametrize("word", SPLIT_WORDS)
def test_each_word(word):
    names = ["train", word] if SPLIT_WORDS[word] != "train" else [word, "test"]

    assert as_folders(names) == as_values(names)
