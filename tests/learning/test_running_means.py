"""Means weigh every image the same."""

import torch

from image_classification.learning.measures import RunningMeans


def test_a_smaller_last_batch_weighs_less() -> None:
    means = RunningMeans(torch.device("cpu"))
    for loss, size in ((1.0, 3), (5.0, 1)):
        means.add(torch.tensor(loss), torch.eye(2).repeat(2, 1)[:size], torch.zeros(size, dtype=torch.int64))
    assert means.loss == (3 * 1.0 + 1 * 5.0) / 4
    assert means.accuracy == 3 / 4  # predictions 0, 1, 0 and 0; all labels are 0


def test_class_probabilities_count_by_their_largest() -> None:
    means = RunningMeans(torch.device("cpu"))
    means.add(torch.tensor(0.0), torch.eye(2), torch.tensor([[0.9, 0.1], [0.6, 0.4]]))
    assert means.accuracy == 0.5
