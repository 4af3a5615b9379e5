"""The order of an epoch is a function of (seed, epoch): a resumed run sees what the whole run would have."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.learning.batches import Batches, epoch_order, epoch_seed


def test_the_same_seed_and_epoch_give_the_same_order_whatever_happened_before() -> None:
    torch.manual_seed(1)
    first = epoch_order(100, seed=7, epoch=3, shuffle=True)
    torch.rand(10)
    assert torch.equal(first, epoch_order(100, seed=7, epoch=3, shuffle=True))
    assert torch.equal(first.sort().values, torch.arange(100))


def test_seeds_and_epochs_do_not_collide() -> None:
    seeds = {epoch_seed(seed, epoch) for seed in range(50) for epoch in range(50)}
    assert len(seeds) == 2500
    assert min(seeds) >= 0


def test_without_shuffling_the_order_is_that_of_the_data() -> None:
    assert torch.equal(epoch_order(5, seed=1, epoch=2, shuffle=False), torch.arange(5))


def test_every_image_comes_once_with_its_label_and_the_last_batch_is_smaller() -> None:
    dataset = TensorDataset(
        torch.arange(10, dtype=torch.uint8).view(10, 1, 1, 1), torch.arange(10, dtype=torch.int64)
    )
    batches = Batches(dataset, batch_size=4, device=torch.device("cpu"))
    drawn = list(batches.in_order(epoch_order(10, seed=0, epoch=1, shuffle=True)))
    assert [len(labels) for _, labels in drawn] == [4, 4, 2]
    assert len(batches) == 3
    images = torch.cat([images.flatten() for images, _ in drawn])
    labels = torch.cat([labels for _, labels in drawn])
    assert torch.equal(images.long(), labels)
    assert set(labels.tolist()) == set(range(10))


@pytest.mark.parametrize("order", [list(range(10)), [3, 4, 5, 6, 7], [0, 1, 2, 4, 5], [7, 6, 5, 4]])
@pytest.mark.parametrize("done", [0, 1, 3])
def test_images_side_by_side_come_in_the_batches_of_any_order(order: list[int], done: int) -> None:
    dataset = TensorDataset(torch.arange(10).view(10, 1, 1, 1), torch.arange(10) * 2)
    batches = Batches(dataset, batch_size=3, device=torch.device("cpu"))
    drawn = [images.flatten().tolist() for images, _ in batches.in_order(torch.tensor(order), done)]
    assert drawn == [order[first : first + 3] for first in range(3 * done, len(order), 3)]
