"""Statistics are those of the training split alone, and exact."""

import numpy as np
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import index_digest, summarise_images


@pytest.fixture
def images():
    pixels = torch.randint(
        0, 256, (60, 3, 4, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    pixels[50:] = 255  # test images: they must leave no trace
    return ImageDict(
        images=pixels,
        labels=torch.arange(60) % 2,
        names=[str(row) for row in range(60)],
        class_names=["cat", "dog"],
        given_splits=["train"] * 50 + ["test"] * 10,
        data_name="pets",
        digest="the store",
    )


def test_mean_and_deviation_of_the_training_images(images):
    index = make_image_index(images, SplitOptions(validation=10))

    statistics = summarise_images(images, index)

    training = images.images.numpy()[(index["split"] == "train").to_numpy()] / 255
    np.testing.assert_allclose(statistics["mean"], training.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(statistics["std"], training.std(axis=(0, 2, 3)), rtol=1e-12)


def test_chunks_add_up(images, monkeypatch):
    index = make_image_index(images, SplitOptions())
    at_once = summarise_images(images, index)

    monkeypatch.setattr("image_classification.images.store.first_look._BYTES_AT_ONCE", 7 * 60)
    del images.channel_sums

    assert summarise_images(images, index) == at_once


def test_the_facts(images):
    index = make_image_index(images, SplitOptions(validation=10))

    statistics = summarise_images(images, index)

    assert statistics["data_name"] == "pets"
    assert statistics["class_names"] == ["cat", "dog"]
    assert statistics["image_shape"] == [3, 4, 5]
    assert statistics["images_digest"] == "the store"
    assert statistics["counts"] == {
        "train": {"cat": 20, "dog": 20},
        "validation": {"cat": 5, "dog": 5},
        "test": {"cat": 5, "dog": 5},
    }


def test_a_split_without_images_is_counted(images):
    statistics = summarise_images(images, make_image_index(images, SplitOptions(validation=0)))

    assert statistics["counts"]["validation"] == {"cat": 0, "dog": 0}


def test_the_digest_of_the_index_depends_on_every_cell_and_on_nothing_else(images, tmp_path):
    index = make_image_index(images, SplitOptions(validation=10))
    index.to_parquet(tmp_path / "index.parquet")
    changed = index.copy()
    changed.loc[7, "split"] = ""

    assert index_digest(index) == index_digest(type(index)(index.to_dict("list")))
    assert index_digest(index) != index_digest(changed)


def test_no_training_image(images):
    images.given_splits = ["test"] * 60

    with pytest.raises(UserError, match="no training image"):
        summarise_images(images, make_image_index(images, SplitOptions()))


def test_the_index_of_other_images_is_refused(images):
    index = make_image_index(images, SplitOptions())

    with pytest.raises(UserError, match="one of them is older"):
        summarise_images(images, index[:-1])
