"""The network of the article that takes network training apart, on a folder of photographs."""

from torch import Tensor, nn

from image_classification.networks.family import NETWORKS, require_at_least
from image_classification.networks.onednn_linear import Linear
from image_classification.options import ModellingSection

# below this side nothing is left for the second convolution: 60 → 10 → 3 → 1
SMALLEST = 60


def _places(side: int) -> int:
    """Count the places along one side of the picture after both convolutions and the pooling."""
    side = (side - 6) // 6 + 1
    side = (side - 6) // 2 + 1
    return (side - 3) // 3 + 1


@NETWORKS.register("model_net")
class ModelNet(nn.Module):
    """Two coarse convolutions with pooling in between, then three linear layers.

    Convolution (6×6, stride 6) → max pooling (6×6, stride 2) → convolution (3×3, stride 3) → 60 → 20 →
    classes, with ReLU after the first two linear layers and, as in the article, none after the convolutions.
    The weights start as torch draws them.

    Args:
        image_shape: (C, H, W) of the images. The article's (3, 224, 224) leaves 6·5·5 = 150 features; other
            sizes leave more or fewer.
        num_classes: number of outputs.

    Raises:
        UserError: the images are too small for both convolutions.
    """

    class Options(ModellingSection):
        """The network of the article on photographs has no options."""

    def __init__(self, image_shape: tuple[int, int, int], num_classes: int, options: Options) -> None:  # noqa: ARG002
        super().__init__()
        require_at_least("model_net", SMALLEST, image_shape)
        channels, height, width = image_shape
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, 3, kernel_size=6, stride=6),
            nn.MaxPool2d(kernel_size=6, stride=2),
            nn.Conv2d(3, 6, kernel_size=3, stride=3),
        )
        self.layers = nn.Sequential(
            Linear(6 * _places(height) * _places(width), 60),
            nn.ReLU(),
            Linear(60, 20),
            nn.ReLU(),
            Linear(20, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, num_classes) float."""
        features = self.convolutions(images)  # (B, 3, 224, 224) → (B, 6, 5, 5)
        logits: Tensor = self.layers(features.flatten(1))  # (B, 150) → (B, num_classes)
        return logits
