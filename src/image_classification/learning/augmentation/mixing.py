"""Mixing every image, and its label, with another one of the batch.

Sources: mixup: Zhang et al., https://arxiv.org/abs/1710.09412; CutMix: Yun et al.,
https://arxiv.org/abs/1905.04899
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from image_classification.learning.augmentation.draws import box_mask, boxes, chance


def draw_shares(
    count: int, height: int, width: int, mixup: float, cutmix: float, generator: torch.Generator
) -> Tensor:
    """Draw how much of each pixel an image keeps: (B, 1, 1, 1) or (B, 1, H, W) float32 between 0 and 1.

    Args:
        count: images in the batch.
        height, width: of the images in pixels.
        mixup, cutmix: α of each; 0 is off, and where both are on a coin decides for each image.
        generator: draws on the CPU.
    """
    blended = _beta(count, mixup, generator).view(-1, 1, 1, 1) if mixup else torch.ones(count, 1, 1, 1)
    if not cutmix:
        return blended
    replaced = 1 - _beta(count, cutmix, generator)
    box = boxes(replaced, torch.ones(count), height, width, generator)
    kept = (~box_mask(box, height, width)).float()  # (B, 1, H, W)
    if not mixup:
        return kept
    return torch.where(chance(count, 0.5, generator).view(-1, 1, 1, 1), blended, kept)


def draw_partners(count: int, generator: torch.Generator) -> Tensor:
    """Draw another image of the batch for each, (count,) int64; a single image is its own partner."""
    distance = torch.randint(1, max(count, 2), (), generator=generator)
    return (torch.arange(count) + distance) % count


def mix(
    images: Tensor, labels: Tensor, shares: Tensor, partners: Tensor, num_classes: int
) -> tuple[Tensor, Tensor]:
    """Mix each image with its partner, and their labels in the proportion of the pixels.

    Args:
        images: (B, C, H, W) float32.
        labels: (B,) int64 class indices or (B, num_classes) float probabilities.
        shares: (B, 1, 1, 1) or (B, 1, H, W): how much of each pixel the image keeps.
        partners: (B,) int64, the other image's place in the batch.
        num_classes: number of columns of the labels returned.

    Returns:
        Images of the same shape, and labels (B, num_classes) float32 whose rows sum to 1.
    """
    shares, partners = shares.to(images.device), partners.to(images.device)
    probabilities = one_hot(labels, num_classes).float() if labels.ndim == 1 else labels.float()
    kept = shares.mean(dim=(1, 2, 3)).unsqueeze(1)  # (B, 1)
    return images[partners].lerp(images, shares), probabilities[partners].lerp(probabilities, kept)


def _beta(count: int, alpha: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) float32 from Beta(alpha, alpha)."""
    # torch's own Beta distribution takes no generator
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    return torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, count)).float()
