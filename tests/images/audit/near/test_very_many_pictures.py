"""Very many pictures are compared with their neighbourhoods only, which finds the copies all the same."""

import numpy as np
import pytest
import torch
from tests.images.audit.near.test_candidates import (
    as_found,
    families,
    mixtures,
    pairs,
    pictures,
    thumbnails_of,
)
from tests.images.audit.near.test_only_new_pictures_are_compared import Audits
from tests.images.audit.test_copy_findings import table
from tests.images.made_pictures import COPIES, photograph
from torch.nn.functional import interpolate

from image_classification.images.audit.copy_findings import describe_search
from image_classification.images.audit.groups import Duplicates
from image_classification.images.audit.near import candidates, near_copies, neighbourhoods, thumbnails
from image_classification.images.audit.near.candidates import find_candidates
from image_classification.images.audit.near.found_pairs import FoundPairs
from image_classification.images.audit.near.likeness import Likeness, describe
from image_classification.images.audit.near.near_copies import find_near_copies
from image_classification.images.audit.near.neighbourhoods import search_neighbourhoods
from image_classification.images.audit.near.thumbnails import POSITIONS, placed


def found_in(described, most=100_000):
    return find_candidates(Likeness(described), most, lambda _: None)


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr(candidates, "EXACT_UP_TO", 0)


@pytest.mark.parametrize("position", range(POSITIONS))
def test_copies_are_found_in_every_position(few_are_many, position):
    wholes = pictures(400)
    copies = placed(wholes[:40], torch.full((40,), position)).float()
    cropped = interpolate(copies[:20, :, 2:62, 2:62], (64, 64), mode="bilinear")
    described = describe(thumbnails_of(torch.cat([wholes.float(), cropped, copies[20:]]).to(torch.uint8)))

    found, known = found_in(described)

    assert pairs(found) == {(row, row + 400) for row in range(40)}
    assert known is None


@pytest.mark.parametrize("made", [families, mixtures])
def test_hardly_any_pair_is_missed(monkeypatch, made):
    described = made(1600)
    exact, _ = found_in(described)
    monkeypatch.setattr(candidates, "EXACT_UP_TO", 1599)

    found, _ = found_in(described)

    numbers = np.arange(1600)
    everything = as_found(exact, numbers)
    assert as_found(found, numbers) <= everything
    assert len(found) >= 0.99 * len(everything) >= 1000
    alike = Likeness(described).of_pairs(*exact.pairs[:400].T)[0]
    assert torch.equal(exact.pairs[:400][alike > 0.97], found.pairs[:400][alike > 0.97])


def test_fewer_comparisons_are_made(few_are_many):
    counts = (1_000, 4_000)
    made = [comparisons(describe(thumbnails_of(pictures(count, side=16)))) / count for count in counts]

    assert made[1] < 2.5 * made[0]  # all with all: four times as many a picture
    assert made[1] < 24 * counts[1] / 5


def comparisons(described, limit=1000):
    found = FoundPairs(len(described), limit, 0.84, 0.03, most=4 * limit)
    made = search_neighbourhoods(Likeness(described), found, lambda _: None)
    assert len(found.pairs()) <= 5 * limit + 1000 * 1000
    return made


@pytest.mark.parametrize("kinds", [2, 3])
@pytest.mark.parametrize("noise", [0, 1e-3])
def test_in_a_set_of_look_alikes_comparisons_do_not_explode(few_are_many, kinds, noise):
    """Each kind is there a thousand times and more, all equal or nearly so."""
    described = describe(thumbnails_of(pictures(kinds))).repeat(3000 // kinds, 1, 1, 1)
    random = torch.Generator().manual_seed(0)
    described = described * (1 + noise * torch.randn(described.shape, generator=random))
    landmarks = neighbourhoods._LANDMARKS * 54  # 54² ≤ 3000
    largest = neighbourhoods._LARGEST * 3 * 3000 / landmarks

    assert comparisons(described) <= POSITIONS * 3000 * neighbourhoods._NEAREST * (largest + 1)
    found, _ = found_in(described, most=500)
    assert len(found) == 500
    kind = found.pairs % kinds
    assert torch.equal(kind[:, 0], kind[:, 1])


def test_pictures_that_are_there_some_times_find_all_of_them(few_are_many):
    described = describe(thumbnails_of(torch.cat([pictures(900), pictures(1, seed=1).repeat(60, 1, 1, 1)])))
    shuffled = described[torch.randperm(960, generator=torch.Generator().manual_seed(0))]

    found, _ = found_in(shuffled)

    assert len(found) == 60 * 59 / 2


def test_the_pairs_that_are_kept_are_bounded():
    found = FoundPairs(10_000, limit=10, threshold=0.5, reserve=0.1, most=40)
    for start in range(0, 9000, 10):
        first = torch.arange(start, start + 10)
        found.add(first, first + 500, torch.ones(10))

    kept = found.pairs()

    assert len(kept) <= 80
    assert kept[:10].tolist() == [[number, number + 500] for number in range(10)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [0, 40, 52, 80])
def test_random_changes_come_to_the_same(monkeypatch, seed, size):
    monkeypatch.setattr(candidates, "EXACT_UP_TO", size)
    originals = [photograph(number, (160, 200)) for number in range(50)]
    kinds = list(COPIES)
    everything = [
        *originals,
        *(COPIES[kinds[number % len(kinds)]](originals[number]) for number in range(20)),
    ]
    audits, random = Audits(everything, seed), np.random.default_rng(seed)
    chosen = set(random.permutation(70)[:52].tolist())

    for _ in range(5):
        assert audits(chosen) == audits(chosen, afresh=True)
        others = sorted(set(range(70)) - chosen)
        chosen -= set(random.permutation(sorted(chosen))[: random.integers(0, 8)].tolist())
        chosen |= set(random.permutation(others)[: random.integers(0, 8)].tolist())


@pytest.mark.parametrize("exhaustive", [True, False])
def test_it_is_said_where_not_all_were_compared(exhaustive):
    files = table("aab", ["train"] * 3, range(3))
    rows = np.arange(3)
    found = Duplicates(rows, rows, [], [], rows[:0], all_compared=True, exhaustive=exhaustive)

    remarks = [finding.remark for finding in describe_search(files, found)]

    assert len(remarks) == (not exhaustive)
    assert all(f"Over {candidates.EXACT_UP_TO:,} images" in remark for remark in remarks)


@pytest.mark.parametrize("most", [5, 6])
def test_an_audit_knows_whether_all_were_compared(monkeypatch, most):
    monkeypatch.setattr(candidates, "EXACT_UP_TO", most)

    found = find_near_copies(pictures(6), np.arange(6), 0.93)

    assert found.exhaustive == (most == 6)


def test_thumbnails_of_very_many_are_made_again_where_they_are_needed(monkeypatch):
    images = torch.cat([pictures(8), pictures(8)[:3]])
    kept = find_near_copies(images, np.arange(11), 0.93)
    monkeypatch.setattr(thumbnails, "_KEPT", 10)
    monkeypatch.setattr(near_copies, "_AT_ONCE", 4)

    made_again = find_near_copies(images, np.arange(11), 0.93)

    assert len(kept.links) == 3
    assert made_again.links == kept.links
    small = thumbnails.Thumbnails(images, np.arange(11))
    assert torch.equal(small.of(torch.arange(11)), thumbnails_of(images))
    assert not small._is_made.any()
