"""The next batches are gathered while the accelerator computes, in the same order."""

import threading

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.learning import batches
from image_classification.learning.batches import Batches, ahead


def test_results_come_in_order() -> None:
    assert list(ahead(lambda number: number**2, range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert list(ahead(str, [])) == []


def test_the_next_ones_are_computed_before_they_are_asked_for() -> None:
    computed = [threading.Event() for _ in range(6)]
    results = ahead(lambda number: computed[number].set() or number, range(6), depth=2)
    assert next(results) == 0
    assert computed[2].wait(timeout=10)
    assert not computed[4].is_set()
    assert list(results) == [1, 2, 3, 4, 5]


def test_an_error_is_raised_in_its_turn() -> None:
    results = ahead(lambda number: 1 / number, [1, 2, 0, 4])
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_whoever_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    results = ahead(str, range(100))
    next(results)
    results.close()
    assert threading.active_count() == before


def test_a_set_too_large_for_the_accelerator_comes_in_the_same_batches(monkeypatch) -> None:
    # meta is a device that only knows shapes, and is at hand everywhere
    monkeypatch.setattr(batches, "RESIDENT_BYTES", 0)
    dataset = TensorDataset(torch.arange(40, dtype=torch.uint8).view(10, 1, 2, 2), torch.arange(10))
    drawn = list(Batches(dataset, 4, torch.device("meta")).in_order(torch.arange(10)))
    assert [tuple(images.shape) for images, _ in drawn] == [(4, 1, 2, 2), (4, 1, 2, 2), (2, 1, 2, 2)]
    assert {labels.device.type for _, labels in drawn} == {"meta"}
