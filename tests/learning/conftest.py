"""A problem that every network can learn within seconds."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.networks import Classifier, NetworkDescription, build_classifier


@pytest.fixture
def bright_or_dark() -> TensorDataset:
    """96 images (1, 8, 8) uint8 of noise: class 1 is brighter than class 0."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(96) % 2
    noise = torch.randint(0, 120, (96, 1, 8, 8), generator=generator)
    return TensorDataset((noise + 100 * labels.view(-1, 1, 1, 1)).to(torch.uint8), labels)


@pytest.fixture
def classifier() -> Classifier:
    return build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [16], "dropout": 0.2, "log_softmax": False},
            image_shape=(1, 8, 8),
            class_names=("dark", "bright"),
            mean=(0.4,),
            std=(0.2,),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=1,
    )
