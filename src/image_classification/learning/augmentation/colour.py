"""Brightness, contrast and saturation."""

import torch
from torch import Tensor

from image_classification.images.reading.pixels import grey
from image_classification.learning.augmentation.draws import uniform
from image_classification.learning.augmentation.options import AugmentationOptions


def changes_colour(options: AugmentationOptions) -> bool:
    """Whether any of the three is on."""
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
