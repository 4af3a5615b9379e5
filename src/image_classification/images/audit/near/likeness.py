"""How much pictures look alike, coarsely and in any position.

A picture is described by its low frequencies: the 8 x 8 lowest of its cosine transform at 32 x 32 grey
pixels, as in the perceptual hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions" (2010), but with their values instead of 64 bits, so that a crop by a few per cent changes the
description only a little. Mirroring and quarter turns only exchange the frequencies and their signs, so all
eight positions of a picture are described at once.
"""

from math import pi

import torch
from torch import Tensor
from torch.nn.functional import normalize

from image_classification.images.audit.near.thumbnails import POSITIONS
from image_classification.images.store.first_look import SMALL_SIDE
from image_classification.threads import map_in_threads

# shares that are cut off each side of the other picture before the two are compared
MARGINS = (0.0, 0.025, 0.05)
TURNS = 2 * len(MARGINS) * POSITIONS
"""The ways to compare two pictures, which `turn_of` numbers: which of them is placed, and what is cut off."""
FEWEST_FOR_COMMON = 50
"""With fewer pictures, what all have in common cannot be told from what copies have in common."""
_FREQUENCIES = 8
_PAIRS_AT_ONCE = 1024


def describe(thumbnails: Tensor) -> Tensor:
    """Describe thumbnails (n, 32, 32) by their low frequencies within each margin, (n, 3, 8, 8)."""
    return torch.stack([_low_frequencies(thumbnails, margin) for margin in MARGINS], dim=1)


class Likeness:
    """Compares pictures that are described.

    Args:
        described: (n, 3, 8, 8) of `describe`.

    Attributes:
        common: (63,) what the descriptions have in common, which says nothing of two of them; None if there
            are too few to tell.
        keys: (3, n, 63) for each margin, of length 1, or 0 for a picture of a single colour.
        queries: (8, n, 63) likewise for each position.
        apart: (n,) how far each is from what all have in common, at least; 1 if nothing is known of that.
    """

    def __init__(self, described: Tensor) -> None:
        self.count = len(described)
        keys = torch.stack([_unit(described[:, margin]) for margin in range(len(MARGINS))])
        queries = torch.stack([_unit(_placed(described[:, 0], position)) for position in range(POSITIONS)])
        self.common: Tensor | None = None
        self.apart = torch.ones(self.count)
        if self.count >= FEWEST_FOR_COMMON:
            # as decimal places that do not depend on the order in which they are added
            self.common = common = keys[0].double().mean(dim=0).float()
            parts = [part.sub_(common) for part in (*keys, *queries)]  # in place: of a million it is 3 GB
            self.apart = torch.stack([part.norm(dim=-1) for part in parts]).amin(dim=0)
            for part in parts:
                normalize(part, dim=-1, out=part)
        self.keys, self.queries = keys, queries

    def of_pairs(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Compare pairs in all ways: how alike they are in the best one (n,), and which that is (n,) int64.

        Args:
            first: (n,) int64, the lower number of each pair.
            second: (n,) the higher one.
        """

        def compare(start: int) -> tuple[Tensor, Tensor]:
            part = slice(start, start + _PAIRS_AT_ONCE)
            ways = [
                torch.bmm(self.keys[:, key].transpose(0, 1), self.queries[:, query].permute(1, 2, 0))
                for query, key in ((first[part], second[part]), (second[part], first[part]))
            ]
            ways[1][:, 0] = -1  # without a margin it makes no difference which of them is placed
            best = torch.stack(ways, dim=1).flatten(1).max(dim=1)  # (n, 2 * 3 * 8)
            return best.values, best.indices

        starts = range(0, len(first), _PAIRS_AT_ONCE)
        found = map_in_threads(compare, starts, lambda _: None, at_once=1)
        likeness = torch.cat([torch.empty(0), *(each for each, _ in found)])
        return likeness, torch.cat([torch.empty(0, dtype=torch.int64), *(each for _, each in found)])


def turn_of(turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Read the numbers of ways to compare pairs, each (n,).

    Returns:
        Whether it is the second that is placed; the position (int64) of `placed`; and the margin that is cut
        off the other one.
    """
    position, rest = turn % POSITIONS, turn // POSITIONS
    margin = torch.tensor(MARGINS)[rest % len(MARGINS)]
    return rest >= len(MARGINS), position, margin


def _low_frequencies(thumbnails: Tensor, margin: float) -> Tensor:
    """Return the cosine transform of type 2 of what is inside a margin, (N, 8, 8), up to constant factors."""
    places = torch.arange(SMALL_SIDE) + 0.5
    cosines = torch.cos(pi * torch.arange(_FREQUENCIES).unsqueeze(1) * places / SMALL_SIDE)  # (8, 32)
    inside = margin * SMALL_SIDE + (1 - 2 * margin) * places - 0.5  # where the pixels of the window lie
    nearness = (1 - (inside.unsqueeze(1) - torch.arange(SMALL_SIDE)).abs()).clamp(
        min=0
    )  # linear interpolation
    nearness = nearness / nearness.sum(dim=1, keepdim=True)
    basis = cosines @ nearness
    # a transform of pictures next to each other; (8, 32) @ (N, 32, 32) would start a small product for each
    return torch.einsum("us,nst,vt->nuv", basis, thumbnails, basis)


def _placed(frequencies: Tensor, position: int) -> Tensor:
    """Return the frequencies (…, 8, 8) of `placed` pictures: a mirrored cosine is itself or negative."""
    signs = 1 - 2 * (torch.arange(_FREQUENCIES) % 2)
    frequencies = frequencies * signs if position & 1 else frequencies
    frequencies = frequencies * signs.unsqueeze(1) if position & 2 else frequencies
    return frequencies.transpose(-1, -2) if position & 4 else frequencies


def _unit(frequencies: Tensor) -> Tensor:
    """Describe pictures by their frequencies (…, 8, 8) but the mean: (…, 63) of length 1, or 0 if flat."""
    numbers = torch.arange(_FREQUENCIES, dtype=torch.float32)
    # photographs have most of their energy in the lowest frequencies, which tell the least
    weights = (numbers.unsqueeze(1) ** 2 + numbers**2) ** 0.25
    vectors = (frequencies * weights).flatten(-2)[..., 1:]
    flat = (
        vectors.norm(dim=-1, keepdim=True) < SMALL_SIDE
    )  # below a tenth of a grey level there is only rounding
    return normalize(vectors.masked_fill(flat, 0), dim=-1)
