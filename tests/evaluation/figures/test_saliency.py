"""Saliency shows the pixels that an answer depends on."""

import pytest
import torch
from torch import nn

from image_classification.evaluation.figures.saliency import saliency
from image_classification.networks.classifier import Classifier, NetworkDescription


class TwoPixels(nn.Module):
    """Class 0 is the red of pixel (0, 1), class 1 twice its blue and once the green of pixel (2, 2)."""

    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, images):
        images = self.dropout(images)
        return torch.stack([images[:, 0, 0, 1], 2 * images[:, 2, 0, 1] + images[:, 1, 2, 2]], dim=1)


@pytest.fixture
def classifier():
    description = NetworkDescription(
        network="two_pixels",
        options={},
        image_shape=(3, 4, 4),
        class_names=("zero", "one"),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        data_name="digits",
        index_digest="a" * 64,
    )
    return Classifier(TwoPixels(), description)


def images(red, blue):
    made = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    made[0, 0, 0, 1], made[0, 2, 0, 1] = red, blue
    return made


def test_of_the_most_probable_class(classifier):
    expected = torch.zeros(2, 4, 4)
    expected[0, 0, 1] = 1
    expected[1, 0, 1], expected[1, 2, 2] = 1, 0.5
    both = torch.cat([images(red=255, blue=0), images(red=0, blue=255)])
    assert torch.equal(saliency(classifier, both), expected)


def test_of_a_class_that_is_asked_about(classifier):
    strength = saliency(classifier, images(red=255, blue=0), torch.tensor([1]))
    assert strength[0, 2, 2] == 0.5


def test_the_network_is_left_as_it_was(classifier):
    classifier.train()
    saliency(classifier, images(red=1, blue=0))
    assert classifier.training
    assert all(parameter.grad is None for parameter in classifier.parameters())


def test_also_where_gradients_are_off(classifier):
    with torch.no_grad():
        assert saliency(classifier, images(red=255, blue=0)).max() == 1


def test_an_answer_that_depends_on_nothing(classifier):
    classifier.body = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    nn.init.zeros_(classifier.body[1].weight)
    assert torch.equal(saliency(classifier, images(red=1, blue=0)), torch.zeros(1, 4, 4))
