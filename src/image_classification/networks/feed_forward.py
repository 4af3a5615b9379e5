"""The fully connected network: every pixel is an input, every layer sees all of the one before."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from image_classification.networks.dropout import Dropout
from image_classification.networks.registry import register


@register("feed_forward")
class FeedForwardNet(nn.Module):
    """Linear layers with ReLU and dropout between them.

    Args:
        image_shape: (C, H, W) of the images.
        num_classes: number of outputs.
        widths: outputs of each hidden layer; none makes a linear classifier.
        dropout: share of the hidden activations that is zeroed while training.
        log_softmax: end in log-probabilities instead of logits. Cross-entropy and softmax read both alike.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        num_classes: int,
        *,
        widths: Sequence[int] = (256, 128, 64),
        dropout: float = 0.2,
        log_softmax: bool = True,
    ) -> None:
        super().__init__()
        inputs = [prod(image_shape), *widths]
        hidden: list[nn.Module] = []
        for features_in, features_out in zip(inputs, widths, strict=False):
            hidden += [nn.Linear(features_in, features_out), nn.ReLU(), Dropout(dropout)]
        self.hidden = nn.Sequential(*hidden)
        self.output = nn.Linear(inputs[-1], num_classes)
        self.log_softmax = log_softmax

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits, or log-probabilities, (B, num_classes) float."""
        features = self.hidden(images.flatten(1))  # (B, C·H·W) → (B, widths[-1])
        logits: Tensor = self.output(features)  # (B, num_classes)
        return logits.log_softmax(dim=1) if self.log_softmax else logits
