"""Balanced sampling draws each class as often, as a function of (seed, epoch) alone."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.learning.batches import balanced_order, labels_of, make_order
from image_classification.learning.options import TrainingOptions

LABELS = torch.tensor([0] * 900 + [3] * 90 + [1] * 10)  # nothing of class 2


def test_every_class_with_images_is_as_likely_and_every_image_of_it():
    drawn = torch.cat([balanced_order(LABELS, seed=0, epoch=epoch) for epoch in range(1, 31)])
    counts = LABELS[drawn].bincount(minlength=4)
    assert counts[2] == 0
    assert (counts[[0, 1, 3]] / len(drawn)).tolist() == pytest.approx([1 / 3] * 3, abs=0.02)
    assert set(drawn[drawn >= 900].tolist()) == set(range(900, 1000))


def test_the_order_is_a_function_of_seed_and_epoch():
    order = make_order(
        TensorDataset(torch.zeros(1000, 1), LABELS), TrainingOptions(sampler="balanced"), seed=5
    )
    first = order(2)
    torch.rand(3)
    assert torch.equal(order(2), first)
    assert not torch.equal(order(3), first)
    assert len(first) == 1000


def test_class_probabilities_are_sampled_by_their_largest():
    soft = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    assert labels_of(TensorDataset(torch.zeros(2, 1), soft)).tolist() == [0, 1]


def test_a_rare_class_is_learnt(learn, classifier, bright_or_dark):
    images, labels = bright_or_dark.tensors
    rare = torch.cat([(labels == 0).nonzero()[:, 0], (labels == 1).nonzero()[:2, 0]])
    history = learn(
        classifier,
        TensorDataset(images[rare], labels[rare]),
        bright_or_dark,
        sampler="balanced",
        optimizer_options={"lr": 0.02},
    )
    assert history["validation/accuracy"].iloc[-1] > 0.8
