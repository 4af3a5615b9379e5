"""The fully connected network: every pixel is an input, every layer sees all of the one before."""

from math import prod

from pydantic import Field
from torch import Tensor, nn

from image_classification.networks.family import NETWORKS
from image_classification.networks.modules import Dropout
from image_classification.networks.onednn_linear import Linear
from image_classification.options import Count, ModellingSection, Probability


@NETWORKS.register("feed_forward")
class FeedForwardNet(nn.Module):
    """Linear layers with ReLU and dropout between them.

    Args:
        image_shape: (C, H, W) of the images.
        num_classes: number of outputs.
        options: widths, dropout, and whether log-probabilities come out instead of logits.
    """

    class Options(ModellingSection):
        """Options of the fully connected network."""

        widths: list[Count] = Field(
            default=[256, 128, 64],
            min_length=1,
            max_length=1000,
            description="Features of each hidden layer, first to last; that of the classes comes on top.",
        )
        dropout: Probability = Field(
            default=0.2, description="Share of the features dropped after each hidden layer while training."
        )
        log_softmax: bool = Field(
            default=True,
            description="End with log-softmax. The cross entropy of its output is that of the plain logits.",
        )

    def __init__(self, image_shape: tuple[int, int, int], num_classes: int, options: Options) -> None:
        super().__init__()
        inputs = [prod(image_shape), *options.widths]
        hidden: list[nn.Module] = []
        for features_in, features_out in zip(inputs, options.widths, strict=False):
            hidden += [Linear(features_in, features_out), nn.ReLU(), Dropout(options.dropout)]
        self.hidden = nn.Sequential(*hidden)
        self.output = Linear(inputs[-1], num_classes)
        self.log_softmax = options.log_softmax

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits, or log-probabilities, (B, num_classes) float."""
        features = self.hidden(images.flatten(1))  # (B, C·H·W) → (B, widths[-1])
        logits: Tensor = self.output(features)  # (B, num_classes)
        return logits.log_softmax(dim=1) if self.log_softmax else logits
