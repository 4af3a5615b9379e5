"""A small convolutional network: the best default for small pictures such as digits."""

from collections.abc import Sequence

from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.networks.dropout import Dropout
from image_classification.networks.registry import register


def _block(channels_in: int, channels_out: int, kernel_size: int, depth: int) -> nn.Sequential:
    """Find `channels_out` features at each place and halve the picture: (B, in, H, W) → (B, out, H/2, W/2)"""
    layers: list[nn.Module] = []
    for number in range(depth):
        channels, size = (channels_in, kernel_size) if number == 0 else (channels_out, 3)
        # no bias: the batch normalisation that follows would take it away again
        layers.append(nn.Conv2d(channels, channels_out, size, padding=size // 2, bias=False))
        if number == depth - 1:
            # before the normalisation and not after it: they then work on a quarter of the numbers, which
            # took a third off the time of a training step on a CPU
            layers.append(nn.MaxPool2d(2))
        layers += [nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


@register("convnet")
class ConvNet(nn.Module):
    """Blocks of convolutions, each normalised per batch and rectified; then one linear layer.

    The last convolution of a block is followed by 2×2 max pooling.

    Args:
        image_shape: (C, H, W) of the images; H and W must survive one halving per block.
        num_classes: number of outputs.
        widths: channels of each block. The first convolution has windows of 5×5 pixels, the others of 3×3.
        depths: convolutions of each block; one each if there are none.
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
        depths: Sequence[int] = (),
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
                _block(channels_in, channels_out, kernel_size=5 if block == 0 else 3, depth=depth)
                for block, (channels_in, channels_out, depth) in enumerate(
                    zip(inputs[:-1], widths, depths or [1] * len(widths), strict=True)
                )
            )
        )
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(inputs[-1] * (height // smallest) * (width // smallest), num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        features = self.features(images)  # (B, widths[-1], H / 2ⁿ, W / 2ⁿ)
        logits: Tensor = self.output(self.dropout(features.flatten(1)))  # (B, num_classes)
        return logits
