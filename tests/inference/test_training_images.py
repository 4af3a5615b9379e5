"""Of new images it is known which of them a network has learned from, or said that it is not known."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from image_classification.images.store.statistics import index_digest
from image_classification.inference.training_images import read_training_images
from image_classification.inference.words import describe_splits


def sha256(content):
    return hashlib.sha256(content.encode()).digest()


def index(*rows):
    """An index of rows of content, split and the number of those that are copies of each other."""
    contents, splits, groups = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "name": [f"{number}.png" for number in range(len(rows))],
            "sha256": [sha256(each).hex() for each in contents],
            "split": list(splits),
            "duplicate_group": np.array(groups, dtype=np.int64),
        }
    )


INDEX = index(
    ("a", "train", 0),
    ("b", "validation", 1),
    ("c", "test", 2),
    ("both", "test", 3),
    ("both", "train", 3),
    ("smaller a", "", 0),
    ("smaller b", "", 1),
    ("left out", "", 4),
    ("not audited", "", -1),
    ("neither", "test", -1),
)


@pytest.fixture
def file(tmp_path):
    INDEX.to_parquet(tmp_path / "image_index.parquet", write_page_checksum=True)
    return tmp_path / "image_index.parquet"


def splits_of(training, *contents):
    return training.splits_of(pa.chunked_array([list(map(sha256, contents))], pa.binary())).to_pylist()


def test_each_file_is_found_by_its_content(file):
    training = read_training_images(file, index_digest(INDEX))

    assert not training.unknown
    assert splits_of(training, "c", "a", "new", "b", "a") == ["test", "train", "", "validation", "train"]
    assert splits_of(training, "both", "neither") == ["train", "test"]
    assert splits_of(training, "smaller a", "smaller b") == ["train", "validation"]
    assert splits_of(training, "left out", "not audited") == ["", ""]
    unread = pa.chunked_array([[b""]], pa.binary())
    assert training.splits_of(unread).to_pylist() == [""]


def test_an_index_without_images_in_a_split_knows_that_all_are_new(tmp_path):
    empty = index(("a", "", 0))
    empty.to_parquet(tmp_path / "index.parquet")
    assert splits_of(read_training_images(tmp_path / "index.parquet", index_digest(empty)), "a") == [""]


def _moved(file):
    """One image more is in the test set than when the network was trained."""
    INDEX.assign(split=INDEX["split"].where(INDEX["split"] != "validation", "test")).to_parquet(file)


def _cut(file):
    file.write_bytes(file.read_bytes()[:-9])


def _folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda file: file.unlink(), "there is no image index"),
        (_folder, "there is no image index"),
        (_moved, "of other images than those of its training, or of another split"),
        (lambda file: index(("other", "train", 0)).to_parquet(file), "of other images"),
        (lambda file: INDEX.drop(columns="sha256").to_parquet(file), "of other images"),
        (lambda file: file.write_bytes(b""), "cannot be read"),
        (_cut, "cannot be read"),
    ],
)
def test_nothing_is_said_where_it_is_not_known(file, change, why):
    change(file)

    training = read_training_images(file, index_digest(INDEX))

    assert why in training.unknown
    assert splits_of(training, "a", "new") == [None, None]


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_network_of_another_training(file, digest):
    assert "of other images" in read_training_images(file, digest).unknown


def counts(train=0, validation=0, test=0, none=0):
    return {"train": train, "validation": validation, "test": test, "none": none}


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (
            counts(2208, 276, 276),
            "Of the 2,760 images that were measured, the network was trained on 2,208, validated on 276 and "
            "tested on 276 before: these figures are not of new images alone.",
        ),
        (
            counts(1),
            "Of the 1 image that was measured, the network was trained on 1 before: these figures are not of "
            "new images.",
        ),
        (
            counts(0, 2, 0, 8),
            "Of the 10 images that were measured, the network was validated on 2 before: these figures are "
            "not of new images alone.",
        ),
        (counts(0, 0, 5, 5), ""),
        (counts(), ""),
    ],
)
def test_the_sentence(splits, expected):
    assert describe_splits(splits, measured=True) == expected


def test_the_sentence_where_nothing_is_measured():
    assert describe_splits(counts(2, 0, 1), measured=False) == (
        "Of the 3 images that were read, the network was trained on 2 and tested on 1 before: of these it is "
        "surer than of new ones."
    )
