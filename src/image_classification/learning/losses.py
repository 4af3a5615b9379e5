"""Losses by name."""

from collections.abc import Callable

from torch import Tensor, nn

# Compares logits (B, classes) float with labels, (B,) int64 class indices; returns a scalar.
Criterion = Callable[[Tensor, Tensor], Tensor]

_LOSSES: dict[str, Callable[..., Criterion]] = {
    # class indices (B,) int64 or class probabilities (B, classes) float: torch.nn.CrossEntropyLoss takes both
    "cross_entropy": nn.CrossEntropyLoss,
}


def build_loss(name: str, **options: object) -> Criterion:
    """Build the loss called `name` with its own options."""
    return _LOSSES[name](**options)
