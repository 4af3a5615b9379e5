"""The articles' networks, layer by layer, and LeNet-5: what is in the source is what is built."""

import torch
from torch import nn

from image_classification.networks.family import build_body


def weight_shapes(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for name, weight in network.named_parameters() if name.endswith("weight")]


def test_mnist_nn() -> None:
    network = build_body("mnist_nn", (1, 28, 28), 10)
    assert weight_shapes(network) == [(128, 784), (256, 128), (10, 256)]
    images = torch.rand(5, 1, 28, 28)
    first, second, third = (layer for layer in network.modules() if isinstance(layer, nn.Linear))
    expected = third(second(first(images.view(5, 784)).relu()).relu())
    torch.testing.assert_close(network(images), expected)


def test_model_net() -> None:
    network = build_body("model_net", (3, 224, 224), 2)
    assert weight_shapes(network) == [(3, 3, 6, 6), (6, 3, 3, 3), (60, 150), (20, 60), (2, 20)]
    images = torch.rand(5, 3, 224, 224)
    first, second = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    features = nn.functional.conv2d(images, first.weight, first.bias, stride=6)
    features = nn.functional.max_pool2d(features, 6, stride=2)
    features = nn.functional.conv2d(features, second.weight, second.bias, stride=3).flatten(1)
    expected = linear[2](linear[1](linear[0](features).relu()).relu())
    torch.testing.assert_close(network(images), expected)


def test_lenet_has_the_layers_of_the_paper() -> None:
    network = build_body("lenet", (1, 28, 28), 10)
    assert weight_shapes(network) == [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]
    assert sum(parameter.numel() for parameter in network.parameters()) == 61_706


def test_the_weights_start_as_torch_draws_them() -> None:
    torch.manual_seed(3)
    network = build_body("mnist_nn", (1, 28, 28), 10)
    torch.manual_seed(3)
    expected = [nn.Linear(784, 128), nn.Linear(128, 256), nn.Linear(256, 10)]
    drawn = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert all(torch.equal(mine.weight, theirs.weight) for mine, theirs in zip(drawn, expected, strict=True))
