"""What is seen of images while they are written is what their pixels say, and is kept for these alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from image_classification.images.store import first_look
from image_classification.images.store.first_look import FirstLook, channel_sums
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.images.store.opened_store import open_image_store

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 3, 8, 8), dtype=np.uint8)


def fill(block, advance):
    block.write(4, PIXELS[4:])
    block.write(0, PIXELS[:4])
    return ["ok"] * len(block)


PLAN = ImageDictPlan(
    names=[str(number) for number in range(9)],
    labels=np.arange(9) % 2,
    class_names=["even", "odd"],
    given_splits=[""] * 9,
    data_name="numbers",
    image_shape=(3, 8, 8),
    digest="ab" * 32,
    fill=fill,
)


def exact_sums(images):
    wide = images.astype(np.int64)
    return np.stack([wide.sum(axis=(2, 3)), (wide * wide).sum(axis=(2, 3))], axis=1)


@pytest.fixture(autouse=True)
def _small_ones_are_worth_a_look(monkeypatch):
    monkeypatch.setattr(first_look, "_WORTH_A_LOOK", 0)


@pytest.fixture
def path(tmp_path):
    save_image_store(PLAN, tmp_path / "images.safetensors")
    return tmp_path / "images.safetensors"


@pytest.mark.parametrize("value", [255, None])
@pytest.mark.parametrize("size", [(224, 224), (257, 3), (28, 28), (263, 269), (1, 1), (5, 2), (16, 1024)])
def test_sums_are_exact_whatever_the_size(size, value):
    images = np.random.default_rng(1).integers(0, 256, (2, 3, *size), dtype=np.uint8)
    if value is not None:
        images[:] = value

    np.testing.assert_array_equal(channel_sums(images), exact_sums(images))


def test_no_images_have_no_sums():
    assert channel_sums(np.empty((0, 3, 8, 8), dtype=np.uint8)).shape == (0, 2, 3)


@pytest.mark.parametrize("at_once", [1, 2**19])
def test_what_was_seen_is_what_the_pixels_say(path, monkeypatch, at_once):
    monkeypatch.setattr(first_look, "_BYTES_AT_ONCE", at_once)
    rows = np.array([8, 1, 4])
    images = open_image_store(path)

    assert images.look.has_sums.all()
    np.testing.assert_array_equal(images.channel_sums.of(rows), exact_sums(PIXELS[rows]))
    images.look = None
    del images.channel_sums
    np.testing.assert_array_equal(images.channel_sums.of(rows), exact_sums(PIXELS[rows]))


def test_what_was_copied_unseen_is_seen_when_it_is_asked_for(path):
    images = open_image_store(path)
    images.look.has_sums[[2, 5]] = False
    images.look.sums[[2, 5]] = -1

    np.testing.assert_array_equal(images.channel_sums.of(np.arange(9)), exact_sums(PIXELS))


def test_sums_of_few_small_images_are_left_for_later(tmp_path, monkeypatch):
    monkeypatch.setattr(first_look, "_WORTH_A_LOOK", PIXELS[4:].nbytes)
    save_image_store(PLAN, tmp_path / "images.safetensors")
    images = open_image_store(tmp_path / "images.safetensors")

    assert images.look.has_sums.tolist() == [False] * 4 + [True] * 5
    np.testing.assert_array_equal(images.channel_sums.of(np.arange(9)), exact_sums(PIXELS))


def test_a_store_of_another_content_was_not_seen(path, tmp_path):
    save_image_store(replace(PLAN, labels=1 - PLAN.labels), tmp_path / "other")
    (tmp_path / "other").replace(path)

    assert open_image_store(path).look is None


def test_where_small_pictures_would_be_too_many_none_are_kept(monkeypatch):
    monkeypatch.setattr(first_look, "_MOST_SMALL", 3 * 32 * 32 * 9 - 1)
    look = FirstLook((9, 3, 8, 8))
    look.see_small(3, torch.zeros(3, 32, 32, dtype=torch.uint8))

    assert look.small is None
    assert not look.is_small.any()
