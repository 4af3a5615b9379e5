"""A network of features and head: a frozen body neither learns nor drops nor keeps statistics."""

import torch
from torch import nn

from image_classification.networks.modules import FeaturesAndHead


def network(*, freeze_body: bool) -> FeaturesAndHead:
    body = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5))
    return FeaturesAndHead(body, nn.Linear(8, 2), freeze_body=freeze_body)


def step(parts: FeaturesAndHead) -> None:
    optimizer = torch.optim.SGD([each for each in parts.parameters() if each.requires_grad], lr=0.1)
    parts.train()(torch.rand(6, 1, 2, 2)).square().sum().backward()
    optimizer.step()


def changed(parts: FeaturesAndHead) -> set[str]:
    before = {name: value.clone() for name, value in parts.state_dict().items()}
    step(parts)
    return {name for name, value in parts.state_dict().items() if not torch.equal(value, before[name])}


def test_only_the_head_learns() -> None:
    assert changed(network(freeze_body=True)) == {"head.weight", "head.bias"}


def test_all_learns_where_nothing_is_frozen() -> None:
    assert changed(network(freeze_body=False)) >= {
        "features.1.weight",
        "features.2.running_mean",
        "head.bias",
    }


def test_the_features_of_an_image_are_the_same_in_training() -> None:
    parts = network(freeze_body=True).train()
    images = torch.rand(6, 1, 2, 2)
    assert torch.equal(parts.features(images), parts.features(images))
    assert parts.head.training
