"""The digest of a network's weights."""

import torch
from torch import nn

from image_classification.evaluation.training_record import weights_digest


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def test_equal_weights_have_one_digest() -> None:
    assert weights_digest(network()) == weights_digest(network().eval())


def test_every_weight_and_buffer_counts() -> None:
    digests = {weights_digest(network())}
    for name in network().state_dict():
        changed = network()
        with torch.no_grad():
            tensor = changed.state_dict()[name]
            tensor += 1
        digests.add(weights_digest(changed))
    assert len(digests) == 1 + len(network().state_dict())
    assert all(len(digest) == 64 for digest in digests)


def test_precision_and_shape_count() -> None:
    assert weights_digest(nn.Linear(2, 3).half()) != weights_digest(nn.Linear(2, 3).half().float())
    flat, square = nn.ParameterDict({"w": torch.zeros(4)}), nn.ParameterDict({"w": torch.zeros(2, 2)})
    assert weights_digest(flat) != weights_digest(square)
