"""The network of the article on classifying MNIST with a `TensorDataset`."""

from math import prod

from torch import Tensor, nn

from image_classification.networks.family import NETWORKS
from image_classification.networks.onednn_linear import Linear
from image_classification.options import ModellingSection


@NETWORKS.register("mnist_nn")
class MnistNN(nn.Module):
    """Two hidden layers that widen instead of narrowing: pixels → 128 → 256 → classes, ReLU in between.

    The weights start as torch draws them (uniform within ±1/√inputs), as the article leaves them.

    Args:
        image_shape: (C, H, W) of the images; (1, 28, 28) gives the article's 784 inputs.
        num_classes: number of outputs.
    """

    class Options(ModellingSection):
        """The network of the article on MNIST has no options."""

    def __init__(self, image_shape: tuple[int, int, int], num_classes: int, options: Options) -> None:  # noqa: ARG002
        super().__init__()
        self.layers = nn.Sequential(
            Linear(prod(image_shape), 128),
            nn.ReLU(),
            Linear(128, 256),
            nn.ReLU(),
            Linear(256, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        logits: Tensor = self.layers(images.flatten(1))  # (B, C·H·W) → (B, num_classes)
        return logits
