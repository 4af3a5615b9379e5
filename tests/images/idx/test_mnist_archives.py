"""What the reader of the archives gives, for MNIST and for the digits that stand in."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import load_digits

from image_classification.errors import UserError
from image_classification.images.idx import mnist
from image_classification.images.idx.idx_set import ArchivesRecord, IdxSet
from image_classification.images.idx.mnist import MnistPlan


def mnist_in(folder):
    """What the plan finds in a folder with the archives."""
    return IdxSet(folder, MnistPlan(mnist.ARCHIVES, (), True, 1.0, "none").run(folder))


def test_training_images_come_first(tiny_mnist):
    archives = mnist_in(tiny_mnist)

    names, labels, given_splits, class_names = archives.read_labels()
    images = archives.read_images()

    assert images.shape == (250, 28, 28)
    assert images.dtype == np.uint8
    assert (names[0], names[199], names[200], names[249]) == (
        "train/00000",
        "train/00199",
        "test/00000",
        "test/00049",
    )
    assert given_splits == ["train"] * 200 + ["test"] * 50
    np.testing.assert_array_equal(labels, np.arange(250) % 10)
    assert labels.dtype == np.int64
    assert class_names == list("0123456789")
    brightest = images.mean(axis=2).argsort(axis=1)[:, -2:].min(axis=1)  # the two rows that show the digit
    np.testing.assert_array_equal(brightest, 2 * labels + 4)


def test_the_digits_are_those_of_scikit_learn_and_the_last_297_are_the_test_set(tmp_path):
    bundled = load_digits()
    archives = IdxSet(tmp_path, ArchivesRecord(data_name="digits", digest="digest", files={}))

    names, labels, given_splits, class_names = archives.read_labels()
    images = archives.read_images()

    assert given_splits == ["train"] * 1500 + ["test"] * 297
    assert len(set(names)) == 1797
    assert class_names == list("0123456789")
    np.testing.assert_array_equal(labels, bundled.target)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    np.testing.assert_allclose(images / 255 * 16, bundled.images, atol=0.5 / 255 * 16)


def test_a_label_that_is_no_digit(tiny_mnist):
    archives = mnist_in(tiny_mnist)
    content = bytes([0, 0, 8, 1, 0, 0, 0, 1, 11])
    (tiny_mnist / mnist.ARCHIVES[3].name).write_bytes(gzip.compress(content))

    with pytest.raises(
        UserError,
        match=r"hold the label 11, and the names of the classes \(.*\) are those of 0 to 9",
    ):
        archives.read_labels()


@pytest.mark.parametrize(
    ("changed", "labels"),
    [
        ({1: 199}, "train-images.* holds 200 images and train-labels.* 199 labels"),
        ({3: 51}, "t10k-images.* holds 50 images and t10k-labels.* 51 labels"),
        # as many labels as images in all: those of the test set would be shifted by one, or exchanged
        ({1: 199, 3: 51}, "train-images.* holds 200 images and train-labels.* 199 labels"),
        ({1: 50, 3: 200}, "train-images.* holds 200 images and train-labels.* 50 labels"),
    ],
)
def test_each_set_has_a_label_for_each_image(tiny_mnist, changed, labels):
    archives = mnist_in(tiny_mnist)
    for archive, count in changed.items():
        content = bytes([0, 0, 8, 1]) + count.to_bytes(4, "big") + bytes(count)
        (tiny_mnist / mnist.ARCHIVES[archive].name).write_bytes(gzip.compress(content))

    with pytest.raises(UserError, match=labels):
        archives.read_images()
