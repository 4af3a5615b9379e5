"""Files without folders of classes whose names say what they show: the way to a table of them is given."""

import contextlib
import textwrap

import pandas as pd
import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.labels_in_names import labels_in_names


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{word}.{n}.jpg", ("cat", "dog")),
        ("{word}_{n:03}.png", ("cat", "dog", "hen")),
        ("{word}-{n}.jpeg", ("big cat", "small dog")),
        ("{word} ({n}).jpg", ("Katze", "Käfer")),
        ("{word}{n}.webp", ("a_b", "a_c")),
        ("train/{word}.{n}.jpg", ("cat", "dog")),
    ],
)
def test_words_before_a_number_are_labels(pattern, words):
    names = [pattern.format(word=word, n=n) for word in words for n in range(5)]

    assert labels_in_names(names) == sorted(words)


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["1.jpg", "2.jpg", "3.jpg"],
        [f"IMG_{n}.jpg" for n in range(9)],
        ["anna1.jpg", "bert1.jpg", "carl1.jpg"],
        ["cat.jpg", "dog.jpg", "cat 2.jpg", "dog 2.jpg"],
        [*(f"cat{n}.jpg" for n in range(5)), *(f"{n}.jpg" for n in range(5))],
    ],
)
def test_other_names_say_nothing(names):
    assert labels_in_names(names) == []


def follow(message, folder):
    """Run the program in a message there, and read the table that it writes."""
    program = "\n".join(line for line in message.splitlines() if line.startswith("    "))
    with contextlib.chdir(folder):
        exec(textwrap.dedent(program), {})
    return pd.read_csv(folder / "labels.csv")


@pytest.mark.parametrize("folders", [("train", "test1"), ("train",), ("",), ("Bilder it's",)])
def test_the_advice_can_be_followed(tmp_path, folders):
    root = tmp_path / "set"
    for folder in folders:
        (root / folder).mkdir(parents=True)
        for number in range(3):
            words = ("cat", "dog") if folder == folders[0] else ("",)
            for word in words:
                name = f"{word}.{number}.png" if word else f"{number}.png"
                Image.new("L", (9, 9), 40 * number).save(root / folder / name)

    with pytest.raises(UserError, match=r"The names of the files seem to say it \(cat, dog\)") as caught:
        index_image_files(root, "skip")

    table = follow(str(caught.value), tmp_path)
    assert table["label"].value_counts().to_dict() == {"cat": 3, "dog": 3}
    index = index_image_files(tmp_path / "labels.csv", "fail")
    assert index["class_name"].value_counts().to_dict() == {"cat": 3, "dog": 3}


@pytest.mark.parametrize(
    "folders",
    [
        {"train": "train", "test": "test"},
        {"train": "train", "val": "validation", "it's_test": "test"},
        {"data/train_1": "train", "data/train_2": "train", "data/test": "test"},
        {"train_1": "train", "train_2": "train"},
        {"test": "test", "train": "train", "validation": ""},
    ],
)
@pytest.mark.parametrize("pattern", ["{word}.{n}.png", "{word}_{n:03}.png", "{word} ({n}).png"])
def test_labelled_files_of_other_splits_keep_their_split(tmp_path, folders, pattern):
    root = tmp_path / "set"
    for place, (folder, split) in enumerate(folders.items()):
        (root / folder).mkdir(parents=True)
        for number in range(3 if split == "train" else 1):
            for word in ("cat", "dog") if split else ("picture",):
                name = pattern.format(word=word, n=number)
                Image.new("L", (9, 9), 40 * number + place).save(root / folder / name)

    with pytest.raises(UserError, match=r"The names of the files seem to say it \(cat, dog\)") as caught:
        index_image_files(root, "skip")
    written = follow(str(caught.value), tmp_path)

    index = index_image_files(tmp_path / "labels.csv", "fail")
    pairs = zip(index["name"], index["given_split"], strict=True)
    found = {(name.rpartition("/")[0], split) for name, split in pairs}
    assert found == {(f"set/{folder}", split) for folder, split in folders.items() if split}
    assert set(written["label"]) == {"cat", "dog"}


def test_a_folder_that_holds_everything_is_no_class_of_train_and_test(tmp_path):
    for name in ("train/cat.0.png", "train/dog.0.png", "test1/0.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9)).save(tmp_path / name)

    with pytest.raises(UserError) as caught:
        index_image_files(tmp_path, "skip")

    assert "layout=classes" not in str(caught.value)
