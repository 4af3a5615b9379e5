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


@pytest.mark.parametrize("crops_are_first", [False, True])
def test_a_crop_is_found_wherever_it_stands(monkeypatch, crops_are_first):
    monkeypatch.setattr(candidates, "_ROWS", 4)
    monkeypatch.setattr(candidates, "_COLUMNS", 8)
    fine = torch.rand(6, 3, 14, 14, generator=torch.Generator().manual_seed(0)) * 255
    images = interpolate(fine, (400, 400), mode="bilinear").to(torch.uint8)
    cropped = images[:, :, 20:380, 20:380].float()
    cropped = interpolate(cropped, (400, 400), mode="bilinear").to(torch.uint8)
    ends = (cropped, images) if crops_are_first else (images, cropped)
    others = pictures(20, side=400, seed=1)

    found = candidates_of(torch.cat([ends[0], others, ends[1]]))

    assert pairs(found) == {(row, row + 26) for row in range(6)}


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


def as_found(found, numbers):
    """Return pairs of pictures by lasting numbers, with the way in which they are alike."""
    pairs = torch.from_numpy(numbers)[found.pairs].tolist()
    return {(*pair, turn) for pair, turn in zip(pairs, found.turn.tolist(), strict=True)}


class Searches:
    """Searches among some of the pictures that are described, each with what the one before has found."""

    def __init__(self, described, limit=10_000):
        self._described, self._limit = described, limit
        self._here, self._known = np.empty(0, dtype=np.int64), None

    def among(self, here):
        """Search, and see that it comes to what a search afresh finds; return the pairs."""
        here = np.array(sorted(here))
        numbers = np.full(len(self._described), -1)
        numbers[here] = np.arange(len(here))
        known = self._known
        if known:
            kept = numbers[self._here[known.pairs]]
            known = replace(known, pairs=kept[(kept >= 0).all(axis=1)])
        likeness = Likeness(self._described[here])
        is_new = ~np.isin(here, self._here)

        found, self._known = find_candidates(likeness, self._limit, lambda _: None, known, is_new)
        self._here = here

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(candidates, "_search_all", SEARCH_ALL)
            afresh, _ = find_candidates(likeness, self._limit, lambda _: None)
        assert as_found(found, here) == as_found(afresh, here)
        return as_found(found, here)


def families(count, strength=40):
    """Four pictures of a kind each, with noise of so many grey levels."""
    kinds = pictures(count // 4).repeat(4, 1, 1, 1).float()
    noise = torch.randn(kinds.shape, generator=torch.Generator().manual_seed(1)) * strength
    return describe(thumbnails_of((kinds + noise).clamp(0, 255).to(torch.uint8)))


def mixtures(count, of=7):
    """Mixtures of a few pictures: as many pairs are a little alike as are very much."""
    shares = torch.rand(count, of, generator=torch.Generator().manual_seed(2)) ** 2
    return torch.einsum("nk,k...->n...", shares, describe(thumbnails_of(pictures(of, seed=5))))


@pytest.mark.parametrize("made", [families, mixtures])
@pytest.mark.parametrize("count", [40, 1600])
def test_new_pictures_alone_are_compared_with_all(monkeypatch, made, count):
    described, random = made(count), np.random.default_rng(0)
    search = Searches(described, limit=10**6)
    here = set(random.permutation(count)[: count - 6].tolist())
    search.among(here)
    monkeypatch.setattr(candidates, "_search_all", None)

    for _ in range(5):
        others = sorted(set(range(count)) - here)
        here -= set(random.permutation(sorted(here))[:2].tolist())
        here |= set(random.permutation(others)[:2].tolist())
        assert len(search.among(here)) >= 20


@pytest.mark.parametrize("limit", [30, 300, 20_000])
@pytest.mark.parametrize("made", [families, mixtures])
def test_the_most_alike_remain_as_pictures_come_and_go(made, limit):
    described, random = made(800), np.random.default_rng(0)
    search = Searches(described, limit)

    for _ in range(4):
        search.among(random.permutation(800)[:797].tolist())


@pytest.mark.parametrize("strength", [100, 150, 200])
def test_where_the_most_alike_are_gone_others_count(strength):
    alike = pictures(1, seed=9).repeat(26, 1, 1, 1)
    alike[:, 0, 0, 0] = torch.arange(26, dtype=torch.uint8)
    described = torch.cat([describe(thumbnails_of(alike)), families(1600, strength)])
    search = Searches(described, limit=300)
    assert {max(pair[:2]) for pair in search.among(range(len(described)))} < set(range(26))  # 325 pairs

    assert len(search.among(range(5, len(described)))) > 21 * 20 // 2


@pytest.mark.parametrize("which", ["the crop", "the whole"])
def test_a_new_picture_is_compared_both_ways(which):
    wholes = pictures(8, side=400)
    cropped = wholes[:, :, 20:380, 20:380].float()
    cropped = interpolate(cropped, (400, 400), mode="bilinear").to(torch.uint8)
    described = describe(thumbnails_of(torch.cat([wholes, cropped])))
    for new in range(8):  # before and after the other one in the order of all
        for order in (described, described.flip(0)):
            search = Searches(order)
            is_first = (which == "the whole") == (order is described)
            away = new if is_first else new + 8
            search.among(set(range(16)) - {away})
            assert len(search.among(range(16))) == 8
