"""How an image looks, its pixels staying where they are: brightness, contrast, saturation, erased boxes.

Source of erasing: Zhong et al., "Random Erasing Data Augmentation", https://arxiv.org/abs/1708.04896, and
DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout",
https://arxiv.org/abs/1708.04552
"""

import torch
from torch import Tensor

from image_classification.images.reading.pixels import grey
from image_classification.learning.augmentation.draws import aspect_ratios, box_mask, boxes, chance, uniform
from image_classification.learning.augmentation.options import AugmentationOptions


def changes_colour(options: AugmentationOptions) -> bool:
    """Tell whether brightness, contrast or saturation is varied."""
    return any((options.brightness, options.contrast, options.saturation))


def vary_colour(images: Tensor, options: AugmentationOptions, generator: torch.Generator) -> Tensor:
    """Draw brightness, contrast and saturation for every image of (B, C, H, W) float32, from 0 to 255.

    They mean what they mean in torchvision's ColorJitter: contrast stretches around the image's mean grey,
    saturation around each pixel's grey.
    """

    def factors(amount: float) -> Tensor:
        drawn = uniform(len(images), 1 - amount, 1 + amount, generator)
        return drawn.view(-1, 1, 1, 1).to(images.device, non_blocking=True)

    brightness, contrast, saturation = map(
        factors, (options.brightness, options.contrast, options.saturation)
    )
    mean_grey = grey(images.mean(dim=(2, 3), keepdim=True))  # (B, 1, 1, 1)
    varied = torch.addcmul(brightness * (1 - contrast) * mean_grey, images, brightness * contrast)
    if options.saturation and images.shape[1] == 3:
        varied = grey(varied).lerp(varied, saturation)
    return varied.clamp_(0, 255)


# the paper's: from 0.3 to 1 / 0.3
_LARGEST_ASPECT = 1 / 0.3


def erase_boxes(
    images: Tensor, probability: float, area: tuple[float, float], generator: torch.Generator
) -> Tensor:
    """Paint over one rectangle in some of the images with their own mean colour.

    Args:
        images: (B, C, H, W) float32.
        probability: share of the images that lose a rectangle.
        area: smallest and largest share of an image that is painted over.
        generator: draws on the CPU.
    """
    count, _, height, width = images.shape
    chosen = chance(count, probability, generator)
    shares = uniform(count, *area, generator)
    # a longer box than fits would be cut to a smaller area than asked for
    ratios = aspect_ratios(count, _LARGEST_ASPECT, generator).clamp(shares, 1 / shares)
    box = boxes(shares, ratios, height, width, generator)
    mask = (box_mask(box, height, width) & chosen.view(-1, 1, 1, 1)).to(images.device, non_blocking=True)
    return torch.where(mask, images.mean(dim=(2, 3), keepdim=True), images)
