"""Validation is carved from the training images: exact in number, seeded, in proportion to the classes."""

import numpy as np
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import check_trained_classes, make_image_index


def image_dict(train_counts, test=0, status=None):
    labels = [label for label, count in enumerate(train_counts) for _ in range(count)]
    labels = np.random.default_rng(0).permutation(labels).tolist() + [0] * test
    given = ["train"] * sum(train_counts) + ["test"] * test
    return ImageDict(
        images=torch.zeros((len(labels), 1, 1, 1), dtype=torch.uint8),
        labels=torch.tensor(labels, dtype=torch.int64),
        names=[str(row) for row in range(len(labels))],
        class_names=[f"class {label}" for label in range(len(train_counts))],
        given_splits=given,
        status=status,
    )


def counts(index, split):
    return index[index["split"] == split]["class_name"].value_counts().to_dict()


def test_stratified_keeps_the_proportions_and_the_exact_number():
    index = make_image_index(image_dict([600, 300, 100], test=50), SplitOptions(validation=0.1))

    assert counts(index, "validation") == {"class 0": 60, "class 1": 30, "class 2": 10}
    assert counts(index, "train") == {"class 0": 540, "class 1": 270, "class 2": 90}


@pytest.mark.parametrize("validation", [1, 7, 500, 999])
def test_a_number_of_images_is_exact_whatever_the_classes(validation):
    index = make_image_index(image_dict([333, 333, 334]), SplitOptions(validation=validation))

    assert (index["split"] == "validation").sum() == validation


def test_a_share_is_of_the_training_images_and_rounded():
    index = make_image_index(image_dict([11, 14], test=100), SplitOptions(validation=0.1))

    assert (index["split"] == "validation").sum() == 3


def test_a_class_with_one_image_keeps_it_for_training():
    index = make_image_index(image_dict([1, 1, 1, 50]), SplitOptions(validation=3))

    assert counts(index, "validation") == {"class 3": 3}


def test_the_seed_decides_and_nothing_else():
    images = image_dict([100, 100])

    first, again, other = (
        make_image_index(images, SplitOptions(validation=0.2, seed=seed)) for seed in (3, 3, 4)
    )

    assert first.equals(again)
    assert counts(first, "validation") == counts(other, "validation")
    assert not first.equals(other)


def test_the_last_training_images():
    index = make_image_index(image_dict([10, 10], test=5), SplitOptions(method="last", validation=4))

    assert index["split"].tolist() == ["train"] * 16 + ["validation"] * 4 + ["test"] * 5


@pytest.mark.parametrize("validation", [0, 0.0])
@pytest.mark.parametrize("method", ["stratified", "last"])
def test_no_validation_set(validation, method):
    parameters = SplitOptions(method=method, validation=validation)

    index = make_image_index(image_dict([10, 10], test=5), parameters)

    assert set(index["split"]) == {"train", "test"}


@pytest.mark.parametrize("method", ["stratified", "last"])
def test_test_images_are_those_that_were_given_as_such(method):
    index = make_image_index(
        image_dict([50, 50], test=20), SplitOptions(method=method, validation=99, seed=1)
    )

    assert (index["split"] == "test").tolist() == (index["given_split"] == "test").tolist()


@pytest.mark.parametrize("validation", [20, 1000, 0.99])
def test_training_images_must_remain(validation):
    with pytest.raises(UserError, match="none remain"):
        make_image_index(image_dict([10, 10], test=50), SplitOptions(validation=validation))


def test_an_unreadable_image_is_in_no_split_and_the_index_says_why():
    status = ["ok"] * 20
    status[3] = "truncated file"

    index = make_image_index(image_dict([10, 10], status=status), SplitOptions(validation=5))

    left_out = index[index["split"] == ""]
    assert left_out["name"].tolist() == ["3"]
    assert left_out["left_out_reason"].tolist() == ["truncated file"]
    assert set(index[index["split"] != ""]["left_out_reason"]) == {""}


def test_one_row_per_image_in_order():
    images = image_dict([3, 2], test=1)

    index = make_image_index(images, SplitOptions(validation=0))

    assert list(index.columns) == [
        "name",
        "label",
        "class_name",
        "given_split",
        "decode_status",
        "split",
        "left_out_reason",
    ]
    assert index["name"].tolist() == images.names
    assert index["label"].tolist() == images.labels.tolist()
    assert index["class_name"].tolist() == [images.class_names[label] for label in images.labels.tolist()]


@pytest.mark.parametrize("validation", [0, 0.1, 5])
def test_a_validation_set_that_the_source_gave_is_the_validation_set(validation):
    images = image_dict([20, 20], test=5)
    images.given_splits[3:10] = ["validation"] * 7

    index = make_image_index(images, SplitOptions(validation=validation))

    assert index["split"].tolist() == images.given_splits


def test_a_class_without_training_images_is_named(caplog):
    index = make_image_index(image_dict([5, 0, 7, 0]), SplitOptions(validation=0))

    check_trained_classes(index, [f"class {label}" for label in range(4)])

    assert "no training image of 'class 1', 'class 3'" in caplog.text


@pytest.mark.parametrize("validation", [0, 3])
def test_training_images_of_one_class_are_refused(validation):
    index = make_image_index(image_dict([0, 9], test=4), SplitOptions(validation=validation))

    with pytest.raises(UserError, match=rf"All {9 - validation} training images are of one class, 'class 1'"):
        check_trained_classes(index, ["class 0", "class 1"])


def test_classes_that_all_have_training_images_are_fine(caplog):
    check_trained_classes(make_image_index(image_dict([5, 7]), SplitOptions()), ["class 0", "class 1"])
    assert caplog.text == ""
