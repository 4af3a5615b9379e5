"""Several losses added: L = Σ weight · loss, such as L1 + λ·L2."""

from collections.abc import Sequence

from torch import Tensor, nn

from image_classification.learning.losses.base import Loss


class WeightedSum(Loss):
    """The sum of losses, each times its weight; each compares what it compares alone.

    Args:
        losses: at least one.
        weights: one for each.
    """

    def __init__(self, losses: Sequence[Loss], weights: Sequence[float]) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.weights = list(weights)

    def forward(self, logits: Tensor, labels: Tensor, images: Tensor | None = None) -> Tensor:
        """Return the weighted sum, a scalar."""
        terms = [
            weight * loss(logits, labels, images)
            for weight, loss in zip(self.weights, self.losses, strict=True)
        ]
        total: Tensor = sum(terms[1:], start=terms[0])
        return total
