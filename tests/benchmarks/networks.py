"""The network of `feed_forward` as one writes it without this project: float images in, outputs out."""

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
