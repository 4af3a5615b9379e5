"""The networks of the recipes as one writes them without this project: float images in, outputs out."""

from collections.abc import Sequence

from torch import nn

WIDTHS, DROPOUT = (256, 128, 64), 0.2


def feed_forward() -> nn.Sequential:
    """784-256-128-64-10 with ReLU and dropout, to log-probabilities."""
    inputs: Sequence[int] = (784, *WIDTHS)
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in zip(inputs, WIDTHS, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(DROPOUT)]
    return nn.Sequential(*layers, nn.Linear(WIDTHS[-1], 10), nn.LogSoftmax(dim=1))


def convnet(widths: Sequence[int] = (16, 32, 32)) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU and pooling three times, then a linear layer."""
    layers: list[nn.Module] = []
    for block, (before, after) in enumerate(zip((1, *widths), widths, strict=False)):
        size = 3 if block else 5
        layers += [nn.Conv2d(before, after, size, padding=size // 2, bias=False), nn.BatchNorm2d(after)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * 3 * 3, 10))


def with_weights_of(network: nn.Module, other: nn.Module) -> nn.Module:
    """Give a network the weights of another one that has the same layers in the same order."""
    mine, theirs = list(network.parameters()), list(other.parameters())
    for own, weight in zip(mine, theirs, strict=True):
        own.data.copy_(weight.data)
    return network
