"""Moving, turning, scaling, slanting, cropping and flipping: one affine map and one interpolation.

A map is a (B, 3, 3) float32 matrix per image that takes the place of a pixel in the result, (x, y, 1), to
where its value comes from in the original. x points right and y down, in pixels from the image's centre.
"""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from image_classification.learning.augmentation.draws import aspect_ratios, chance, scale_factors, uniform
from image_classification.learning.augmentation.options import AugmentationOptions

_PADDING = {"zero": "zeros", "edge": "border", "reflect": "reflection"}


def shifted(right: Tensor, down: Tensor) -> Tensor:
    """Move the content by (B,) pixels to the right and (B,) pixels down."""
    return _matrices(len(right), x_offset=-right, y_offset=-down)


def rotated(degrees: Tensor) -> Tensor:
    """Turn the content counter-clockwise by (B,) degrees."""
    angle = torch.deg2rad(degrees)
    return _matrices(len(degrees), xx=angle.cos(), xy=-angle.sin(), yx=angle.sin(), yy=angle.cos())


def scaled(factors: Tensor) -> Tensor:
    """Enlarge the content by (B,) factors."""
    return _matrices(len(factors), xx=1 / factors, yy=1 / factors)


def sheared(degrees: Tensor) -> Tensor:
    """Slant upright lines by (B,) degrees, the top to the right."""
    return _matrices(len(degrees), xy=torch.deg2rad(degrees).tan())


def flipped(horizontally: Tensor, vertically: Tensor) -> Tensor:
    """Swap left and right, and top and bottom, where the (B,) bool are true."""
    return _matrices(len(horizontally), xx=1 - 2.0 * horizontally, yy=1 - 2.0 * vertically)


def cropped(wide: Tensor, high: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Enlarge a window to the full size.

    Args:
        wide, high: (B,) the window's sides as shares of the image's.
        right, down: (B,) pixels between the window's centre and the image's.
    """
    return _matrices(len(wide), xx=wide, yy=high, x_offset=right, y_offset=down)


def _matrices(count: int, **entries: Tensor) -> Tensor:
    matrices = torch.eye(3).repeat(count, 1, 1)
    places = {"xx": (0, 0), "xy": (0, 1), "x_offset": (0, 2), "yx": (1, 0), "yy": (1, 1), "y_offset": (1, 2)}
    for name, values in entries.items():
        row, column = places[name]
        matrices[:, row, column] = values
    return matrices


def moves_pixels(options: AugmentationOptions) -> bool:
    """Tell whether pixels end up between pixels, so that interpolation is needed."""
    return any((options.shift, options.rotation, options.scale, options.shear, options.crop))


def draw_flips(count: int, options: AugmentationOptions, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw which images swap left and right, and which top and bottom: (B,) bool each."""
    return (
        chance(count, options.horizontal_flip, generator),
        chance(count, options.vertical_flip, generator),
    )


def draw_maps(
    count: int, height: int, width: int, options: AugmentationOptions, generator: torch.Generator
) -> Tensor:
    """Draw a map for each of `count` images: turned and moved first, then cropped, then flipped."""

    def within(bound: float) -> Tensor:
        return uniform(count, -bound, bound, generator)

    maps = flipped(*draw_flips(count, options, generator))
    if options.crop:
        share = uniform(count, 1 - options.crop, 1.0, generator)
        ratio = aspect_ratios(count, options.crop_aspect, generator)
        wide, high = (share * ratio).sqrt().clamp_(max=1), (share / ratio).sqrt().clamp_(max=1)
        right, down = within(width / 2) * (1 - wide), within(height / 2) * (1 - high)
        maps = cropped(wide, high, right, down) @ maps
    if options.shift:
        maps = shifted(within(options.shift * width), within(options.shift * height)) @ maps
    if options.rotation:
        maps = rotated(within(options.rotation)) @ maps
    if options.shear:
        maps = sheared(within(options.shear)) @ maps
    if options.scale:
        maps = scaled(scale_factors(count, 1 + options.scale, generator)) @ maps
    return maps


def warp(images: Tensor, maps: Tensor, fill: str) -> Tensor:
    """Apply a map to each image, with bilinear interpolation.

    Args:
        images: (B, C, H, W) float32 on any device.
        maps: (B, 3, 3) float32.
        fill: zero, edge or reflect: what lies beyond the border.
    """
    height, width = images.shape[2:]
    rows = torch.arange(height) - (height - 1) / 2
    columns = torch.arange(width) - (width - 1) / 2
    # grid_sample counts from -1 to 1 along each side, whatever its length
    maps = maps[:, :2] / torch.tensor([[width / 2], [height / 2]])  # (B, 2, 3)
    # a sum of what a row and what a column adds: torch's affine_grid multiplies matrices image by image,
    # which takes longer than the interpolation
    from_rows = (maps[:, :, 1:2] * rows).unsqueeze(3)  # (B, 2, H, 1)
    from_columns = (maps[:, :, 0:1] * columns + maps[:, :, 2:3]).unsqueeze(2)  # (B, 2, 1, W)
    grid = from_rows.to(images.device) + from_columns.to(images.device)  # (B, 2, H, W)
    return grid_sample(images, grid.permute(0, 2, 3, 1), padding_mode=_PADDING[fill], align_corners=False)


def flip(images: Tensor, horizontally: Tensor, vertically: Tensor) -> Tensor:
    """Flip the images marked by the (B,) bool; without interpolation, every pixel keeps its value."""
    for chosen, side in ((horizontally, 3), (vertically, 2)):
        if chosen.any():
            images = torch.where(chosen.view(-1, 1, 1, 1).to(images.device), images.flip(side), images)
    return images
