"""What an audit has found out serves the next one, which comes to the same as one that knows nothing."""

import hashlib

import numpy as np
import pytest
import torch
from tests.images.audit.near.test_near_copies_are_found import images_of, read_from
from tests.images.made_pictures import COPIES, photograph, shape

from image_classification.datasets.images import PictureMemoryDataset
from image_classification.images.audit.groups import find_duplicates
from image_classification.images.audit.near import candidates, comparing, near_copies
from image_classification.images.audit.options import AuditOptions

KINDS = list(COPIES)


@pytest.fixture(scope="module")
def pictures():
    """Photographs, copies of some of them, made in all ways, and plain shapes, which are like one another."""
    originals = [photograph(seed, (160, 200)) for seed in range(60)]
    copies = [COPIES[KINDS[seed % len(KINDS)]](originals[seed]) for seed in range(30)]
    return [*originals, *copies, *(shape("circle", seed) for seed in range(6))]


def sha256_of(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


class Audits:
    """Audits of some of the pictures, one after the other, each with the memory of the one before."""

    def __init__(self, pictures, seed=0):
        self._pictures, self._images = pictures, images_of(pictures)
        self._random = np.random.default_rng(seed)
        self.memory, self.made_by, self.parameters = None, "this code", AuditOptions()
        self.read_rows: list[int] = []

    def __call__(self, chosen, *, afresh=False):
        """Return, by numbers of pictures: groups, links, plain ones, and whether all were compared."""
        order = self._random.permutation(np.array(sorted(chosen), dtype=np.int64))
        sha256 = np.array([sha256_of(number) for number in order], dtype=object)
        reader = read_from(self._pictures)
        self.read_rows = []

        def read(row):
            self.read_rows.append(int(order[row]))
            return reader(order[row])

        found, memory = find_duplicates(
            self._images[torch.from_numpy(order)],
            sha256,
            np.full(len(order), 160),
            self.parameters,
            read=read,
            before=None if afresh else self.memory,
            made_by=self.made_by,
        )
        self.last = memory
        if not afresh:
            self.memory = memory
        links = {(*sorted(order[[link.first, link.second]].tolist()), link.change) for link in found.near}
        groups = {frozenset(order[rows].tolist()) for rows in found.groups}
        return groups, links, set(order[found.plain].tolist()), found.all_compared


@pytest.fixture
def audits(pictures):
    return Audits(pictures)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [30, 52, 80], ids=lambda count: f"about {count}")
def test_random_changes_come_to_the_same(pictures, seed, count):
    audits, random = Audits(pictures, seed), np.random.default_rng(seed)
    chosen = set(random.permutation(len(pictures))[:count].tolist())

    for _ in range(4):
        assert audits(chosen) == audits(chosen, afresh=True)
        others = [*set(range(len(pictures))) - chosen]
        chosen -= set(random.permutation(sorted(chosen))[: random.integers(0, 4)].tolist())
        chosen |= set(random.permutation(others)[: random.integers(0, 4)].tolist())


def test_pictures_that_are_known_are_not_read_again(audits, pictures, monkeypatch):
    everything, sample = set(range(len(pictures))), 8
    monkeypatch.setattr(comparing, "MOST_FOR_COMMON", sample)
    copy = max(range(60, 90), key=sha256_of)  # none of those by which it is seen what all have in common
    audits(everything - {copy})
    assert len(set(audits.read_rows)) > 40

    audits(everything - {copy})
    assert audits.read_rows == []
    audits(everything)
    shapes = set(range(90, 96))  # as well one way round as the other
    assert set(audits.read_rows) - shapes == {copy - 60, copy}  # and what it is a copy of


def test_removed_copies_fall_apart(audits):
    audits({0, 60, 1, 2})
    assert audits({0, 1, 2}) == (set(), set(), set(), True)


def test_many_changes_at_once(audits, pictures):
    audits(set(range(55)))
    now = {*range(3), *range(50, len(pictures))}

    assert audits(now) == audits(now, afresh=True)


@pytest.mark.parametrize("limit", [12, 25, 60])
def test_where_only_the_most_alike_are_compared(audits, pictures, monkeypatch, limit):
    monkeypatch.setattr(near_copies, "MOST_PAIRS", limit)
    everything = set(range(len(pictures)))

    for away in ({5, 61}, {5}, {7, 8, 67}, {*range(30)}, set()):
        chosen = everything - away
        assert audits(chosen) == audits(chosen, afresh=True)


def test_another_similarity_needs_no_other_look(audits, pictures):
    everything = set(range(len(pictures)))
    audits(everything)
    for similarity in (0.6, 0.99):
        audits.parameters = AuditOptions(near_duplicate_similarity=similarity)
        found = audits(everything)
        assert audits.read_rows == []
        assert found == audits(everything, afresh=True)


def test_what_other_code_has_found_does_not_count(audits, pictures):
    audits(set(range(len(pictures))))
    audits.made_by = "other code"
    # whatever it was
    audits.memory.has_places[:] = 0

    found = audits(set(range(len(pictures))))

    assert found == audits(set(range(len(pictures))), afresh=True)
    assert audits.read_rows


def test_what_all_have_in_common_may_change(audits, pictures, monkeypatch):
    monkeypatch.setattr(candidates, "_DRIFT", 0.0)
    audits(set(range(80)))
    now = set(range(len(pictures)))

    assert audits(now) == audits(now, afresh=True)


def test_what_details_have_in_common_is_seen_anew(audits, pictures, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_FOR_COMMON", 8)
    everything = set(range(len(pictures)))
    audits(everything - {min(everything, key=sha256_of)})  # one of those by which it is seen
    before = audits.memory.shared
    audits(everything)
    known = audits.memory.close

    audits(everything, afresh=True)

    now = audits.last.close
    assert not torch.equal(before, audits.last.shared)
    alike = now.found[:, comparing.DETAILS] >= 0.93
    assert alike.sum() >= 20
    _, found = known.get(now.keys[alike])
    np.testing.assert_allclose(found, now.found[alike], atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 60, 96])
def test_the_memory_is_kept_in_a_file(audits, tmp_path, count):
    everything = set(range(count))
    dataset = PictureMemoryDataset(filepath=str(tmp_path / "memory.safetensors"))
    assert dataset.load() is None

    found = audits(everything)
    dataset.save(audits.memory)
    audits.memory = dataset.load()

    assert audits(everything) == found
    assert audits.read_rows == []


@pytest.mark.parametrize("what", ["cut", "empty", "other", "text"])
def test_a_damaged_file_is_a_memory_of_nothing(audits, tmp_path, what):
    path = tmp_path / "memory.safetensors"
    audits({0, 60, 1})
    dataset = PictureMemoryDataset(filepath=str(path))
    dataset.save(audits.memory)
    whole = path.read_bytes()
    damaged = {
        "cut": whole[:-9],
        "empty": b"",
        "other": whole.replace(b"described", b"delivered"),
        "text": b"{}",
    }

    path.write_bytes(damaged[what])

    assert dataset.load() is None


def test_without_a_search_for_near_copies_what_is_known_stays(audits):
    chosen = {0, 60, 1, 2}
    found = audits(chosen)
    audits.parameters = AuditOptions(near_duplicates=False)
    audits(chosen)
    audits.parameters = AuditOptions()

    assert audits(chosen) == found
    assert audits.read_rows == []
