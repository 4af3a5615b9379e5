"""A small convolutional network: the best default for small pictures such as digits."""

from collections.abc import Sequence

from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.networks.registry import register


def _block(channels_in: int, channels_out: int, kernel_size: int) -> nn.Sequential:
    """Find `channels_out` features at each place and halve the picture: (B, in, H, W) → (B, out, H/2, W/2)"""
    return nn.Sequential(
        # no bias: the batch normalisation that follows would take it away again
        nn.Conv2d(channels_in, channels_out, kernel_size, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


@register("convnet")
class ConvNet(nn.Module):
    """Convolution, batch normalisation, ReLU and 2×2 max pooling per block, then one linear layer.

    Args:
        image_shape: (C, H, W) of the images; H and W must survive one halving per block.
        num_classes: number of outputs.
        widths: channels of each block. The first block looks through 5×5 windows, the others through 3×3.
        dropout: share of the last features that is zeroed while training.

    Raises:
        UserError: the images are too small for that many blocks.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        num_classes: int,
        *,
        widths: Sequence[int] = (32, 64, 128),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        channels, height, width = image_shape
        smallest = 2 ** len(widths)
        if min(height, width) < smallest:
            raise UserError(
                f"Network 'convnet' halves a picture once per block, so with {len(widths)} blocks it takes "
                f"images of {smallest}×{smallest} pixels or more; these have {height}×{width}. "
                "Give it fewer widths (modelling.network.convnet.widths) or make the images larger."
            )
        inputs = [channels, *widths]
        self.features = nn.Sequential(
            *(
                _block(channels_in, channels_out, kernel_size=5 if block == 0 else 3)
                for block, (channels_in, channels_out) in enumerate(zip(inputs, widths, strict=False))
            )
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(inputs[-1] * (height // smallest) * (width // smallest), num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        features = self.features(images)  # (B, widths[-1], H / 2ⁿ, W / 2ⁿ)
        logits: Tensor = self.output(self.dropout(features.flatten(1)))  # (B, num_classes)
        return logits
