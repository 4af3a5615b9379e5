"""A small convolutional network: the best default for small pictures such as digits."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.networks.family import NETWORKS
from image_classification.networks.modules import Dropout
from image_classification.networks.onednn_linear import Linear
from image_classification.options import Count, ModellingSection, Probability
from image_classification.words import count_of

_FIRST_WINDOW = 5  # pixels: height and width of the first convolution's
Padding = Literal["same", "valid"]


def _block(first: nn.Conv2d, depth: int) -> nn.Sequential:
    """Build a block: `depth` convolutions that find features at each place, and a halving of the picture."""
    channels_out = first.out_channels
    layers: list[nn.Module] = []
    for number in range(depth):
        layers.append(first if number == 0 else _convolution(channels_out, channels_out, 3))
        if number == depth - 1:
            # before the normalisation and not after it: they then work on a quarter of the numbers, which
            # took a third off the time of a training step on a CPU
            layers.append(nn.MaxPool2d(2))
        layers += [nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _convolution(channels_in: int, channels_out: int, window: int, padding: Padding = "same") -> nn.Conv2d:
    around = window // 2 if padding == "same" else 0
    # no bias: the batch normalisation that follows would take it away again
    return nn.Conv2d(channels_in, channels_out, window, padding=around, bias=False)


@NETWORKS.register("convnet")
class ConvNet(nn.Module):
    """Blocks of convolutions, each normalised per batch and rectified; then one linear layer.

    The last convolution of a block is followed by 2×2 max pooling.

    Args:
        image_shape: (C, H, W) of the images; H and W must survive one halving per block.
        num_classes: number of outputs.
        options: widths, depths, padding, dropout. The first convolution has windows of 5×5 pixels, the others
            of 3×3.

    Raises:
        UserError: the images are too small for that many blocks.
    """

    class Options(ModellingSection):
        """Options of the small convolution network."""

        widths: list[Count] = Field(
            default=[16, 32, 32],
            min_length=1,
            max_length=100,
            description="Channels of each block, first to last.",
        )
        depths: list[Annotated[int, Field(ge=1, le=100)]] = Field(
            default=[], max_length=100, description="Convolutions of each block, first to last; []: one each."
        )
        first_padding: Padding = Field(
            default="same",
            description="same: the first convolution sees zeros around the image; valid: it stays inside, "
            "which takes a quarter less time where nothing is at the border, as with MNIST's digits.",
        )
        dropout: Probability = Field(
            default=0.0, description="Share of the features dropped before the last layer while training."
        )

        @model_validator(mode="after")
        def _has_a_depth_per_block(self) -> Self:
            if self.depths and len(self.depths) != len(self.widths):
                raise ValueError(
                    f"expected as many numbers in depths as in widths, one of each per block; there are "
                    f"{len(self.depths)} and {len(self.widths)}"
                )
            return self

    def __init__(self, image_shape: tuple[int, int, int], num_classes: int, options: Options) -> None:
        super().__init__()
        channels, height, width = image_shape
        widths, depths = options.widths, options.depths
        lost = _FIRST_WINDOW - 1 if options.first_padding == "valid" else 0
        halved = 2 ** len(widths)
        if min(height, width) - lost < halved:
            raise UserError(
                f"Network 'convnet' halves a picture once per block, so with "
                f"{count_of(len(widths), 'block')} it takes "
                f"images of {halved + lost}×{halved + lost} pixels or more; these have {height}×{width}. "
                f"Give it fewer widths ({options.named('widths')}) or make the images larger."
            )
        firsts = [_convolution(channels, widths[0], _FIRST_WINDOW, options.first_padding)]
        firsts += [_convolution(before, after, 3) for before, after in pairwise(widths)]
        self.features = nn.Sequential(
            *(_block(first, depth) for first, depth in zip(firsts, depths or [1] * len(widths), strict=True))
        )
        self.dropout = Dropout(options.dropout)
        places = ((height - lost) // halved) * ((width - lost) // halved)
        self.output = Linear(widths[-1] * places, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        features = self.features(images)  # (B, widths[-1], H / 2ⁿ, W / 2ⁿ), or (H - 4) / 2ⁿ
        logits: Tensor = self.output(self.dropout(features.flatten(1)))  # (B, num_classes)
        return logits
