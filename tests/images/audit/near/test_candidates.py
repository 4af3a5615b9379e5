"""The coarse comparison proposes each pair of like pictures once, in the position in which they are alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from image_classification.images.audit.near import candidates
from image_classification.images.audit.near.candidates import find_candidates
from image_classification.images.audit.near.likeness import Likeness, describe
from image_classification.images.audit.near.thumbnails import POSITIONS, grey_thumbnails, placed

SEARCH_ALL = candidates._search_all


def pictures(count, side=64, channels=3, seed=0):
    noise = torch.rand(count, channels, 8, 8, generator=torch.Generator().manual_seed(seed)) * 255
    return interpolate(noise, (side, side), mode="bilinear").to(torch.uint8)


def thumbnails_of(images):
    return grey_thumbnails(images, torch.arange(len(images)), lambda _: None)


def candidates_of(images, most=1000):
    return find_candidates(Likeness(describe(thumbnails_of(images))), most, lambda _: None)[0]


def pairs(candidates):
    return {
        tuple(sorted(pair))
        for pair in zip(candidates.first.tolist(), candidates.second.tolist(), strict=True)
    }


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [2, 20, 60])
def test_size_and_contrast_hardly_matter(channels, count):
    images = pictures(count, channels=channels)
    smaller = interpolate(images.float(), (40, 50), mode="bilinear", antialias=True)
    smaller = interpolate(smaller, (64, 64), mode="bilinear")
    paler = images * 0.7 + 40

    found = candidates_of(torch.cat([images, smaller.to(torch.uint8), paler.to(torch.uint8)]))

    assert pairs(found) >= {(row, row + count) for row in range(count)} | {
        (row, row + 2 * count) for row in range(count)
    }
    assert len(found.first) < 3.2 * count


@pytest.mark.parametrize("position", range(POSITIONS))
def test_the_position_places_the_first_as_the_second(position):
    images = pictures(6)
    both = torch.cat([images, placed(images, torch.full((6,), position))])
    found = candidates_of(both)

    assert pairs(found) == {(row, row + 6) for row in range(6)}
    everything = thumbnails_of(both)
    lying = placed(everything[found.first], found.position)
    torch.testing.assert_close(lying, everything[found.second], atol=2, rtol=0)


@pytest.mark.parametrize("margin", [0.025, 0.05])
def test_a_crop_is_found_with_its_margin(margin):
    images = pictures(6, side=400)
    edge = round(400 * margin)
    cropped = images[:, :, edge : 400 - edge, edge : 400 - edge].float()
    cropped = interpolate(cropped, (400, 400), mode="bilinear").to(torch.uint8)

    found = candidates_of(torch.cat([images, cropped]))

    assert pairs(found) == {(row, row + 6) for row in range(6)}
    torch.testing.assert_close(found.margin, torch.full((6,), margin))
    assert (found.second < 6).all()  # the margin is cut off the whole picture


def test_different_pictures_are_no_candidates():
    assert len(candidates_of(pictures(300)).first) == 0


def test_rows_are_chosen_across_chunks():
    images = pictures(1100, side=16)
    rows = torch.tensor([1099, 3, 600])

    chosen = grey_thumbnails(images, rows, lambda _: None)

    assert torch.equal(chosen, thumbnails_of(images)[rows])


def test_of_too_many_the_most_alike_remain():
    images = pictures(1).repeat(40, 1, 1, 1)
    images[:20] += torch.randint(0, 12, images[:20].shape, dtype=torch.uint8)  # noise
    found = candidates_of(images, most=190)

    assert pairs(found) == {(row, other) for row in range(20, 40) for other in range(row + 1, 40)}


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_has_no_pairs(count):
    assert len(candidates_of(pictures(count)).first) == 0


def test_a_single_colour_is_like_nothing():
    blank = torch.full((3, 3, 40, 40), 200, dtype=torch.uint8)
    blank[2] = 0

    assert len(candidates_of(blank).first) == 0


def as_found(candidates, numbers):
    """Return pairs of pictures by lasting numbers, with the way in which they are alike."""
    pairs = torch.from_numpy(numbers)[candidates.pairs].tolist()
    return {(*pair, turn) for pair, turn in zip(pairs, candidates.turn.tolist(), strict=True)}


@pytest.mark.parametrize("count", [40, 1600])
@pytest.mark.parametrize("limit", [30, 300, 10_000])
def test_new_pictures_alone_are_compared_with_all(monkeypatch, count, limit):
    families = pictures(count // 4).repeat(4, 1, 1, 1).float()
    noise = torch.randn(families.shape, generator=torch.Generator().manual_seed(1)) * 40
    described = describe(thumbnails_of((families + noise).clamp(0, 255).to(torch.uint8)))
    random, known = np.random.default_rng(0), None
    here = np.sort(random.permutation(len(described))[: count - 6])
    likeness = Likeness(described[here])
    _, known = find_candidates(likeness, limit, lambda _: None)
    if limit > 1000:  # else pairs that were left aside may be needed
        monkeypatch.setattr(candidates, "_search_all", None)

    for _ in range(4):
        before, away = here, random.permutation(here)[:2]
        others = np.setdiff1d(np.arange(len(described)), here)
        here = np.sort(np.concatenate([np.setdiff1d(here, away), random.permutation(others)[:2]]))
        numbers = np.full(len(described), -1)
        numbers[here] = np.arange(len(here))
        kept = numbers[before[known.pairs]]
        known = replace(known, pairs=kept[(kept >= 0).all(axis=1)])
        likeness = Likeness(described[here])

        found, known = find_candidates(likeness, limit, lambda _: None, known, ~np.isin(here, before))

        with monkeypatch.context() as patch:
            patch.setattr(candidates, "_search_all", SEARCH_ALL)
            afresh, _ = find_candidates(likeness, limit, lambda _: None)
        assert as_found(found, here) == as_found(afresh, here)
        assert len(found) >= 30
