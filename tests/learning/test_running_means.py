"""Means weigh every image the same."""

import pytest
import torch

from image_classification.learning.measures import MOST_HELD, RunningMeans


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


@pytest.mark.parametrize("looks", [(), (0,), (3, 17, 18, 40)])
def test_many_batches_are_counted_whenever_somebody_looks(looks: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    sizes = [64] * 45 + [7]
    assert sum(sizes) * 50 > 2 * MOST_HELD  # they are counted on the way, and not at the end alone
    means, right = RunningMeans(torch.device("cpu")), 0
    for number, size in enumerate(sizes):
        logits = torch.randn(size, 50, generator=generator)
        classes = torch.randint(50, (size,), generator=generator)
        classes[::3] = logits.argmax(dim=1)[::3]
        right += int((logits.argmax(dim=1) == classes).sum())
        mixed = torch.nn.functional.one_hot(classes, 50).float()  # as mixed images have them
        means.add(torch.tensor(0.0), logits, mixed if number % 2 else classes)
        if number in looks:
            assert means.accuracy == right / sum(sizes[: number + 1])
            assert int(means.state_dict()["correct"]) == right
    assert means.accuracy == right / sum(sizes)


def test_those_of_another_training_take_the_place_of_what_was_added() -> None:
    other, means = RunningMeans(torch.device("cpu")), RunningMeans(torch.device("cpu"))
    other.add(torch.tensor(2.0), torch.eye(2), torch.tensor([0, 0]))
    means.add(torch.tensor(7.0), torch.eye(2), torch.tensor([0, 1]))
    means.load_state_dict(other.state_dict())
    assert (means.loss, means.accuracy) == (2.0, 0.5)
