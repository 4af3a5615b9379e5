"""Random numbers for augmentation: always drawn on the CPU, so that a seed means the same on every device."""

import torch
from torch import Tensor


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) float32 numbers between `low` and `high`."""
    return torch.empty(count).uniform_(low, high, generator=generator)


def chance(count: int, probability: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) bool that are True with the given probability."""
    return torch.rand(count, generator=generator) < probability


def aspect_ratios(count: int, largest: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) ratios of width to height between 1 / largest and largest, as often wide as high."""
    return scale_factors(count, largest, generator)


def scale_factors(count: int, largest: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) factors between 1 / largest and largest, uniform on the logarithmic scale."""
    bound = torch.tensor(largest).log().item()
    return uniform(count, -bound, bound, generator).exp()


def boxes(
    shares: Tensor, ratios: Tensor, height: int, width: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Place a box in every image, wholly inside.

    Args:
        shares: (B,) share of the image's area that the box covers.
        ratios: (B,) width to height of the box, relative to that of the image.
        height, width: of the images in pixels.
        generator: draws the positions.

    Returns:
        top, bottom, left, right, each (B,) int64 in whole pixels, bottom and right excluded. A box has at
        least one pixel and at most the size of the image.
    """
    count = len(shares)
    high = (height * (shares / ratios).sqrt()).round().clamp_(1, height)
    wide = (width * (shares * ratios).sqrt()).round().clamp_(1, width)
    top = (torch.rand(count, generator=generator) * (height - high + 1)).floor()
    left = (torch.rand(count, generator=generator) * (width - wide + 1)).floor()
    return top.long(), (top + high).long(), left.long(), (left + wide).long()


def box_mask(box: tuple[Tensor, Tensor, Tensor, Tensor], height: int, width: int) -> Tensor:
    """Mark the pixels inside each image's box: (B, 1, height, width) bool."""
    top, bottom, left, right = (edge.view(-1, 1) for edge in box)  # (B, 1) each
    rows, columns = torch.arange(height), torch.arange(width)
    inside_rows = (rows >= top) & (rows < bottom)  # (B, height)
    inside_columns = (columns >= left) & (columns < right)  # (B, width)
    return (inside_rows.unsqueeze(2) & inside_columns.unsqueeze(1)).unsqueeze(1)
