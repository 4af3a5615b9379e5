"""Sets are classified batch by batch: in order, all of them, and few at once where images are large."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.networks.classifier import batches_of, predict_logits

CPU = torch.device("cpu")


def numbered(count, side=2):
    """Images that each have their number for a label."""
    return TensorDataset(torch.zeros((count, 1, side, side), dtype=torch.uint8), torch.arange(count))


@pytest.mark.parametrize(("count", "size"), [(7, 3), (6, 3), (2, 5), (1, 1)])
@pytest.mark.parametrize("rows", [None, torch.tensor([1, 0, 0])])
def test_every_image_comes_once_and_in_order(count, size, rows):
    rows = rows if count > 1 else None
    batches = list(batches_of(numbered(count), size, CPU, rows))
    labels = [label for _, batch in batches for label in batch.tolist()]
    assert labels == (list(range(count)) if rows is None else rows.tolist())
    assert all(len(images) == len(batch) <= size for images, batch in batches)


def test_large_images_come_few_at_once_on_a_processor():
    dataset = TensorDataset(torch.zeros((3, 3, 1000, 1000), dtype=torch.uint8), torch.arange(3))
    assert [len(labels) for _, labels in batches_of(dataset, 64, CPU)] == [1, 1, 1]
    assert [len(labels) for _, labels in batches_of(dataset, 64, torch.device("cuda"))] == [3]


def test_nothing_is_classified_as_nothing():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 5))
    dataset = TensorDataset(torch.zeros((0, 1, 2, 2)), torch.zeros(0, dtype=torch.int64))
    logits, labels = predict_logits(network, dataset, batch_size=10, device=CPU)
    assert logits.shape == (0, 5)
    assert labels.shape == (0,)
