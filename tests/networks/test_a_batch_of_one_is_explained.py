"""Batch normalisation cannot learn from one value: the message says what to change."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.networks import Classifier, NetworkDescription, build_classifier


@pytest.fixture
def classifier() -> Classifier:
    description = NetworkDescription(
        network="convnet",
        options={"widths": [2, 2], "dropout": 0.0},
        image_shape=(1, 8, 8),
        class_names=("a", "b"),
        mean=(0.5,),
        std=(0.5,),
        data_name="made up",
        index_digest="0" * 64,
    )
    built = build_classifier(description)
    built.body.features.append(torch.nn.Sequential(torch.nn.AvgPool2d(2), torch.nn.BatchNorm2d(2)))
    built.body.output = torch.nn.Linear(2, 2)
    return built


def test_training_on_one_image_says_what_to_change(classifier: Classifier) -> None:
    images = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    with pytest.raises(UserError, match=r"'convnet' cannot be trained on .* 8×8 .*Take more images"):
        classifier.train()(images)
    assert classifier.eval()(images).shape == (1, 2)
    assert classifier.train()(images.expand(2, -1, -1, -1)).shape == (2, 2)


def test_other_errors_stay_what_they_are(classifier: Classifier) -> None:
    with pytest.raises(RuntimeError, match=r"channels|size"):
        classifier(torch.zeros(2, 5, 8, 8, dtype=torch.uint8))
