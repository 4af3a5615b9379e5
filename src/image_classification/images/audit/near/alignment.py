"""Lay one picture over another: find shift and scale, in each direction, by least squares.

The method is that of B. D. Lucas and T. Kanade, "An Iterative Image Registration Technique with an
Application to Stereo Vision" (1981), with brightness and contrast as two more unknowns, so that brightened
copies fit as well.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, pad

# A crop of 5 % from each side is a scale of 0.9; a little more for what resizing adds.
LARGEST_SCALE = 1.15
LARGEST_SHIFT = 0.15  # of half the side: one side cut off by 5 % moves the middle by 0.05
_LARGEST_STEP = 0.05


def unaligned(count: int, margin: Tensor | None = None) -> Tensor:
    """Return parameters (n, 4) that leave pictures where they are, or cut a margin (n,) off each side."""
    scale = torch.ones(count) if margin is None else 1 - 2 * margin
    return torch.stack([scale, torch.zeros(count), scale, torch.zeros(count)], dim=1)


def align(first: Tensor, second: Tensor, parameters: Tensor, *, side: int, steps: int) -> Tensor:
    """Improve the parameters with which the second pictures, warped, lie on the first ones.

    Args:
        first: (n, S, S) float32, grey.
        second: The same.
        parameters: (n, 4), scale and shift in x, scale and shift in y; coordinates go from -1 to 1.
        side: The pixels that the pictures are shrunk to for it.
        steps: How many improvements.
    """
    first, second = blurred(shrunk(first, side)), blurred(shrunk(second, side))
    damped, least = 1 + 1e-4 * torch.eye(6), 1e-6 * torch.eye(6)
    columns = torch.empty(len(first), 6, side, side)
    for _ in range(steps):
        lying, inside = warp(second, parameters)
        _fill_jacobian(columns, lying, inside, parameters)
        jacobian = columns.flatten(2)  # (n, 6, S * S)
        normal = (jacobian @ jacobian.transpose(1, 2)).mul_(damped).add_(least)
        missing = (first - lying).flatten(1).unsqueeze(2)
        step = torch.linalg.solve(normal, jacobian @ missing).squeeze(2)[:, :4]
        parameters = _bounded(parameters + step.clamp(-_LARGEST_STEP, _LARGEST_STEP))
    return parameters


def warp(pictures: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Move and scale pictures (n, S, S); the mask with them is 1 where a pixel comes from inside."""
    places = _places(pictures.shape[-1])
    x = parameters[:, 0:1] * places + parameters[:, 1:2]  # (n, S)
    y = parameters[:, 2:3] * places + parameters[:, 3:4]
    shape = pictures.shape
    grid = torch.stack([x.unsqueeze(1).expand(shape), y.unsqueeze(2).expand(shape)], dim=3)
    moved = grid_sample(pictures.unsqueeze(1), grid, padding_mode="border", align_corners=False)
    inside = (x.abs() <= 1).unsqueeze(1) & (y.abs() <= 1).unsqueeze(2)
    return moved.squeeze(1), inside.float()


def gradients(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Return the differences per pixel in x and in y, each (n, S, S)."""
    wide = pad(pictures.unsqueeze(1), (1, 1, 1, 1), mode="replicate").squeeze(1)
    return (wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2]) / 2, (wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]) / 2


def shrunk(pictures: Tensor, side: int) -> Tensor:
    """Shrink pictures (n, S, S) to a side."""
    if pictures.shape[-1] == side:
        return pictures
    return interpolate(pictures.unsqueeze(1), (side, side), mode="bilinear", antialias=True).squeeze(1)


def blurred(pictures: Tensor) -> Tensor:
    """Blur pictures (n, S, S) by one pixel: derivatives of what is sharper mean little."""
    return filtered(pictures, (0.25, 0.5, 0.25))


def filtered(pictures: Tensor, kernel: tuple[float, ...]) -> Tensor:
    """Filter pictures (n, S, S) by an odd number of weights in x and in y; the edges continue outside."""
    # as products of matrices: for such small pictures three times as fast as a convolution
    matrix = _filter_matrix(pictures.shape[-1], kernel).T
    in_x = pictures @ matrix
    return (in_x.transpose(1, 2) @ matrix).transpose(1, 2)


@cache
def _filter_matrix(side: int, kernel: tuple[float, ...]) -> Tensor:
    """(S, S): a row for each new pixel."""
    matrix = torch.zeros(side, side)
    for offset, weight in enumerate(kernel, start=-(len(kernel) // 2)):
        matrix[torch.arange(side), (torch.arange(side) + offset).clamp(0, side - 1)] += weight
    return matrix


def _fill_jacobian(columns: Tensor, lying: Tensor, inside: Tensor, parameters: Tensor) -> None:
    """Write how each pixel changes with scale x, shift x, scale y, shift y, contrast and brightness.

    Args:
        columns: (n, 6, S, S), to be filled; 0 where a pixel comes from outside. All in place: to make them
            one by one, put them together and take out what is outside goes through more memory.
        lying: The pictures as they lie, and in `inside` where they come from inside.
        inside: 1 or 0.
        parameters: How they lie.
    """
    side = lying.shape[-1]
    places = _places(side)
    x, y = gradients(lying)
    # per unit of the picture's own coordinates
    torch.mul(x.mul_(side / 2).div_(parameters[:, 0].view(-1, 1, 1)), inside, out=columns[:, 1])
    torch.mul(y.mul_(side / 2).div_(parameters[:, 2].view(-1, 1, 1)), inside, out=columns[:, 3])
    torch.mul(columns[:, 1], places, out=columns[:, 0])
    torch.mul(columns[:, 3], places.unsqueeze(1), out=columns[:, 2])
    torch.mul(lying, inside, out=columns[:, 4])
    columns[:, 5] = inside


def _bounded(parameters: Tensor) -> Tensor:
    scale = parameters[:, 0::2].clamp(1 / LARGEST_SCALE, LARGEST_SCALE)
    shift = parameters[:, 1::2].clamp(-LARGEST_SHIFT, LARGEST_SHIFT)
    return torch.stack([scale, shift], dim=2).flatten(1)


def _places(side: int) -> Tensor:
    return (torch.arange(side) + 0.5) / side * 2 - 1
