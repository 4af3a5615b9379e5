"""Hashes of like pictures are near, those of others are far, and every near pair is found."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from image_classification.images.perceptual_hash import (
    correlations,
    near_pairs,
    perceptual_hashes,
    thumbnails,
)


def pictures(count, side=64, channels=3):
    noise = torch.rand(count, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 255
    return interpolate(noise, (side, side), mode="bilinear").to(torch.uint8)


def hashes_of(images):
    return perceptual_hashes(images, np.arange(len(images)))


def bits(first, second):
    return np.bitwise_count(first ^ second)


@pytest.mark.parametrize("channels", [1, 3])
def test_size_and_contrast_hardly_matter(channels):
    images = pictures(100, channels=channels)
    smaller = interpolate(images.float(), (40, 50), mode="bilinear", antialias=True).to(torch.uint8)
    paler = (images * 0.7 + 40).to(torch.uint8)

    assert bits(hashes_of(images), hashes_of(smaller)).max() <= 6
    assert bits(hashes_of(images), hashes_of(paler)).max() <= 6


def test_different_pictures_are_far_apart():
    hashes = hashes_of(pictures(300))

    distances = bits(hashes[:, None], hashes[None])[np.triu_indices(300, 1)]

    assert distances.min() > 6
    assert distances.mean() == pytest.approx(32, abs=2)


def test_rows_are_chosen_across_chunks():
    images = pictures(1100, side=16)
    rows = np.array([1099, 3, 600])

    assert perceptual_hashes(images, rows).tolist() == hashes_of(images)[rows].tolist()


def test_a_grey_picture_is_that_of_three_equal_channels():
    grey = pictures(20, channels=1)

    assert bits(hashes_of(grey), hashes_of(grey.expand(-1, 3, -1, -1))).max() <= 1


@pytest.mark.parametrize("distance", [0, 1, 4, 6, 12])
def test_every_near_pair_is_found_and_no_other(distance):
    generator = np.random.default_rng(distance)
    hashes = generator.integers(0, 2**64, 400, dtype=np.uint64)
    for row in range(100):  # copies with up to 14 bits flipped, anywhere
        flipped = generator.choice(64, row % 15, replace=False)
        hashes[300 + row] = hashes[row] ^ np.bitwise_or.reduce(
            np.uint64(1) << flipped.astype(np.uint64), initial=np.uint64(0)
        )

    first, second, distances = near_pairs(hashes, distance, most=10_000)

    every = bits(hashes[:, None], hashes[None])
    rows, columns = np.where(np.triu(every <= distance, 1))
    assert list(zip(first, second, strict=True)) == list(zip(rows, columns, strict=True))
    assert distances.tolist() == every[rows, columns].tolist()
    assert len(first) >= 7 * (distance + 1) - 7


def test_too_many_pairs_are_none():
    assert near_pairs(np.zeros(100, dtype=np.uint64), 3, most=4949) is None
    assert len(near_pairs(np.zeros(100, dtype=np.uint64), 3, most=4950)[0]) == 4950


def test_nothing_has_no_pairs():
    first, second, distances = near_pairs(np.empty(0, dtype=np.uint64), 6, most=10)

    assert len(first) == len(second) == len(distances) == 0


def test_correlation_is_one_for_the_same_and_low_for_others():
    images = pictures(50)
    images[49] = images[48] // 2 + 60
    thumbs = thumbnails(images, np.arange(50))

    found = correlations(thumbs, np.array([0, 48, 0]), np.array([0, 49, 1]))

    assert found[0] == pytest.approx(1, abs=2e-3)
    assert found[1] > 0.99
    assert found[2] < 0.5


def test_a_single_colour_correlates_with_nothing():
    blank = torch.full((2, 3, 20, 20), 200, dtype=torch.uint8)
    thumbs = thumbnails(blank, np.arange(2))

    assert correlations(thumbs, np.array([0]), np.array([1])).tolist() == [0.0]
