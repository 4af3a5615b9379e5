"""Painting over a rectangle of some images, so that no single part of them decides.

Source: Zhong et al., "Random Erasing Data Augmentation", https://arxiv.org/abs/1708.04896, and DeVries and
Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", https://arxiv.org/abs/1708.04552
"""

import torch
from torch import Tensor

from image_classification.learning.augmentation.draws import aspect_ratios, box_mask, boxes, chance, uniform

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
