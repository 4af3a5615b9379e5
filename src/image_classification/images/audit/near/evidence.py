"""Judge whether two pictures that look alike are copies: by their details, one laid over the other.

Three things have to agree: the details (what is finer than an eighth of the picture), also after what all
pictures of the set have in common is taken away (scans of the same kind are alike without being copies);
places with structure in two directions (a circle lies on any other one if it may be scaled; corners and
texture do not); and the colours.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, cosine_similarity, interpolate

from image_classification.images.audit.near.alignment import align, blurred, filtered, gradients, shrunk, warp
from image_classification.images.reading.pixels import grey

DETAIL_SIDE = 128
"""Pixels of the pictures that are judged."""

# sides of the thumbnails, and steps at each
_COARSE = ((16, 3), (24, 4))
_PROMISING_CORRELATION = 0.5  # at the smaller side: most look-alikes are below, and no copies
COARSE_CORRELATION = 0.85
"""From here on a pair of thumbnails is worth a closer look."""
_CLOSER_SIDE = 64
_CLOSER_CORRELATION = 0.8
_TILE = 8
# how much structure a tile needs in its weaker direction: in grey levels per pixel, squared, and as a share
# of that in the stronger one
_WEAK, _WEAK_SHARE = 1.0, 0.03
_AGREEMENT = 0.5
FEWEST_PLACES = 30
"""A picture with fewer tiles, of 256, of structure in two directions is too plain to be told from others."""
_COLOURFUL = 6.0  # mean chroma in grey levels
_SAME_COLOURS = 0.8


class Evidence(NamedTuple):
    """The evidence that n pairs are copies; each (n,).

    details: correlation of the details, from -1 to 1.
    own_details: the same without what all pictures of the set have in common.
    places: how many of the 256 tiles of the picture have structure in two directions in which both agree.
    colours: whether the colours agree, or one of the two is grey.
    """

    details: Tensor
    own_details: Tensor
    places: Tensor
    colours: Tensor


def coarse_match(first: Tensor, second: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Lay thumbnails (n, 32, 32) over each other: the parameters, and how well the details agree (n,)."""
    agreement = torch.empty(len(first))
    rows = torch.arange(len(first))
    for side, steps in _COARSE:
        one, other = shrunk(first[rows], side), shrunk(second[rows], side)
        parameters[rows] = align(one, other, parameters[rows], side=side, steps=steps)
        lying, inside = warp(other, parameters[rows])
        agreement[rows] = correlation(_details(one, 2), _details(lying, 2), inside)
        rows = rows[agreement[rows] >= _PROMISING_CORRELATION]
    return parameters, agreement


def grey_halves(pictures: Tensor) -> Tensor:
    """Shrink pictures (n, 3, 128, 128) to grey ones of half their size, (n, 64, 64)."""
    return shrunk(_grey(pictures), _CLOSER_SIDE)


def closer_match(first: Tensor, second: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Compare pictures at half their size, (n, 64, 64), which tells most look-alikes apart."""
    parameters = align(first, second, parameters, side=_CLOSER_SIDE, steps=3)
    lying, inside = warp(second, parameters)
    return parameters, correlation(_details(first, 4), _details(lying, 4), inside) >= _CLOSER_CORRELATION


def close_match(
    first: Tensor, second: Tensor, parameters: Tensor, common: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, Evidence]:
    """Lay pictures over each other and gather the evidence.

    Args:
        first: (n, 3, 128, 128) float32, from 0 to 255.
        second: The same.
        parameters: (n, 4) of `closer_match`.
        common: What all pictures have in common, (n, 128, 128) grey, placed as the first and as the second
            ones; None if they are too few to tell.
    """
    grey, other = _grey(first), _grey(second)
    parameters = align(grey, other, parameters, side=DETAIL_SIDE, steps=1)
    lying, inside = warp(other, parameters)
    fine, fine_lying = _details(grey, 8), _details(lying, 8)
    details = correlation(fine, fine_lying, inside)
    own = details
    if common is not None:
        moved, _ = warp(common[1], parameters)
        own = correlation(
            _without(fine, _details(common[0], 8), inside),
            _without(fine_lying, _details(moved, 8), inside),
            inside,
        )
    return parameters, Evidence(
        details, own, _agreeing_places(grey, lying, inside), _colours_agree(first, second, parameters)
    )


def correlation(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """Correlate pictures (n, S, S) where the weights, 0 or 1, say so: (n,)."""
    first, second = _centred(first, weights), _centred(second, weights)
    lengths = first.square().sum(dim=1) * second.square().sum(dim=1)
    return (first * second).sum(dim=1) / lengths.sqrt().clamp(min=1e-6)


def _centred(pictures: Tensor, weights: Tensor) -> Tensor:
    pixels, weights = pictures.flatten(1), weights.flatten(1)
    mean = (pixels * weights).sum(dim=1, keepdim=True) / weights.sum(dim=1, keepdim=True).clamp(min=1)
    return (pixels - mean) * weights


def _details(pictures: Tensor, radius: int) -> Tensor:
    """Return what is left of pictures (n, S, S) without the mean of the surroundings of each pixel."""
    fine = blurred(pictures)
    width = 2 * radius + 1
    return fine - filtered(fine, (1 / width,) * width)


def _without(details: Tensor, common: Tensor, inside: Tensor) -> Tensor:
    """Take their share of the common details out of details, by least squares."""
    x, y = (common * inside).flatten(1), (details * inside).flatten(1)
    share = (x * y).sum(dim=1) / x.square().sum(dim=1).clamp(min=1e-6)  # (n,)
    return details - share.view(-1, 1, 1) * common


def _agreeing_places(grey: Tensor, lying: Tensor, inside: Tensor) -> Tensor:
    """Count the tiles in which the gradients of both pictures agree in two directions.

    It is the corner of C. Tomasi and J. Shi, "Good Features to Track" (1994), between two pictures: where
    products of gradients of the one with those of the other take the place of squares, noise of either
    averages out.
    """
    (x, y), (u, v) = gradients(blurred(grey)), gradients(blurred(lying))
    u, v = u * inside, v * inside
    weak, strong = _eigenvalues(x * u, y * v, (x * v + y * u) / 2)
    weak_first, _ = _eigenvalues(x * x, y * y, x * y)
    weak_other, _ = _eigenvalues(u * u, v * v, u * v)
    own = (weak_first.clamp(min=1e-6) * weak_other.clamp(min=1e-6)).sqrt()
    agree = (weak > _WEAK) & (weak > _WEAK_SHARE * strong) & (weak > _AGREEMENT * own)
    return agree.sum(dim=1)


def count_places(pictures: Tensor) -> Tensor:
    """Count the tiles of pictures (n, 3, 128, 128) in which there is structure in two directions, (n,)."""
    x, y = gradients(blurred(_grey(pictures)))
    weak, strong = _eigenvalues(x * x, y * y, x * y)
    return ((weak > _WEAK) & (weak > _WEAK_SHARE * strong)).sum(dim=1)


def _eigenvalues(xx: Tensor, yy: Tensor, xy: Tensor) -> tuple[Tensor, Tensor]:
    """Return the smaller and larger eigenvalues (n, tiles) of mean products of gradients (n, S, S)."""
    xx, yy, xy = (avg_pool2d(products.unsqueeze(1), _TILE).flatten(1) for products in (xx, yy, xy))
    middle, radius = (xx + yy) / 2, (((xx - yy) / 2).square() + xy.square()).sqrt()
    return middle - radius, middle + radius


def _colours_agree(first: Tensor, second: Tensor, parameters: Tensor) -> Tensor:
    """Compare chroma, which may be weaker in copies or absent, but not of other colours."""
    chroma, other = (_chroma(pictures) for pictures in (first, second))  # (n, 2, 32, 32)
    moved = torch.stack([warp(other[:, plane], parameters)[0] for plane in range(2)], dim=1)
    is_grey = (chroma.abs().mean(dim=(1, 2, 3)) < _COLOURFUL) | (moved.abs().mean(dim=(1, 2, 3)) < _COLOURFUL)
    return is_grey | (cosine_similarity(chroma.flatten(1), moved.flatten(1)) >= _SAME_COLOURS)


def _chroma(pictures: Tensor) -> Tensor:
    small = interpolate(pictures, (32, 32), mode="bilinear", antialias=True)
    grey = _grey(small)
    return torch.stack([small[:, 0] - grey, small[:, 2] - grey], dim=1)


def common_picture(pictures: Tensor) -> Tensor:
    """Return what pictures (n, 3, 128, 128) share: their mean in grey at equal contrast, (128, 128)."""
    shades = _grey(pictures)
    spread = shades.std(dim=(1, 2), keepdim=True).clamp(min=1)
    return ((shades - shades.mean(dim=(1, 2), keepdim=True)) / spread).mean(dim=0)


def _grey(pictures: Tensor) -> Tensor:
    return grey(pictures)[:, 0]
