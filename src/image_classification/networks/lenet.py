"""LeNet-5, the convolutional network that read cheques, in the form it is built today."""

from torch import Tensor, nn

from image_classification.networks.family import NETWORKS, require_at_least
from image_classification.networks.onednn_linear import Linear
from image_classification.options import ModellingSection

# below this side nothing is left for the second pooling: 12 → 6 → 2 → 1
SMALLEST = 12


@NETWORKS.register("lenet")
class LeNet(nn.Module):
    """Two blocks of 5×5 convolution and 2×2 pooling, then linear layers of 120, 84 and the classes.

    Layers and widths are those of LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
    document recognition", Proceedings of the IEEE 86(11), 1998. As usual today, ReLU takes the place of the
    scaled tanh, max pooling that of the trainable average, every map of the second convolution sees all six
    of the first, and the outputs are logits instead of distances to drawn characters. The first convolution
    pads its picture by 2 pixels, so that 28×28 gives the 32×32 of the paper.

    Args:
        image_shape: (C, H, W) of the images.
        num_classes: number of outputs.

    Raises:
        UserError: the images are too small for both blocks.
    """

    class Options(ModellingSection):
        """LeNet-5 has no options."""

    def __init__(self, image_shape: tuple[int, int, int], num_classes: int, options: Options) -> None:  # noqa: ARG002
        super().__init__()
        require_at_least("lenet", SMALLEST, image_shape)
        channels, height, width = image_shape
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, 6, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        places = ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
        self.layers = nn.Sequential(
            Linear(16 * places, 120),
            nn.ReLU(),
            Linear(120, 84),
            nn.ReLU(),
            Linear(84, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        features = self.convolutions(images)  # (B, 1, 28, 28) → (B, 16, 5, 5)
        logits: Tensor = self.layers(features.flatten(1))  # (B, 400) → (B, num_classes)
        return logits
