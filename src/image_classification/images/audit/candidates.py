"""Find the pairs of pictures that may show the same: a coarse comparison of all with all.

A picture is described by its low frequencies: the 8 x 8 lowest of its cosine transform at 32 x 32 grey
pixels, as in the perceptual hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions" (2010), but with their values instead of 64 bits, so that a crop by a few per cent changes the
description only a little. Mirroring and quarter turns only exchange the frequencies and their signs, so all
eight positions of a picture are described at once.

Of 690 photographs of clothes 0.2 % of all pairs remain, and 97 to 100 % of the copies made of them, however
they were made.
"""

from collections.abc import Callable
from math import pi
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from image_classification.images.reading.pixels import grey
from image_classification.threads import map_in_threads

SIDE = 32
POSITIONS = 8
"""The ways to mirror and turn a square: `placed` numbers them."""
# shares that are cut off each side of the other picture before the two are compared
MARGINS = (0.0, 0.025, 0.05)

FEWEST_FOR_COMMON = 50
"""With fewer pictures, what all have in common cannot be told from what copies have in common."""
_FREQUENCIES = 8
_LIKENESS = 0.87
_AT_ONCE = 8
_COMPARED_AT_ONCE = 2**24  # numbers: 64 MB


class Candidates(NamedTuple):
    """Pairs of pictures that look alike, the most alike first.

    first, second: (n,) int64, numbers of pictures.
    position: (n,) int64, how the first has to be placed to look like the second.
    margin: (n,) float32, the share that is cut off each side of the second.
    """

    first: Tensor
    second: Tensor
    position: Tensor
    margin: Tensor

    def pick(self, which: Tensor | slice) -> "Candidates":
        """Return some of the pairs, by their places."""
        return Candidates(*(column[which] for column in self))


def grey_thumbnails(
    images: Tensor,
    rows: Tensor,
    advance: Callable[[int], None],
    whole: Callable[[int], Tensor] | None = None,
) -> Tensor:
    """Shrink some of the images (N, C, H, W) uint8 to grey ones, (n, 32, 32) float32 from 0 to 255.

    All of a picture is stretched to them: copies of other proportions would be framed in another way.

    Args:
        images: all of them.
        rows: (n,) which.
        advance: told how many are done.
        whole: gives all of the picture of a row, (C, h, w) uint8 of any size; None: the images are whole.
    """
    chunks = rows.split(_AT_ONCE) if len(rows) else ()

    def shrink(chunk: Tensor) -> Tensor:
        # as whole numbers: at 224 pixels 60 µs an image where fractions take 760
        pictures = (whole(row)[None] if whole else images[row : row + 1] for row in chunk.tolist())
        small = [_resized(picture) for picture in pictures]
        pixels = torch.cat(small).float()
        return grey(pixels)[:, 0]

    done = 0

    def report(finished: int) -> None:
        nonlocal done
        before, done = done, min(done + finished * _AT_ONCE, len(rows))
        advance(done - before)

    return torch.cat([torch.empty(0, SIDE, SIDE), *map_in_threads(shrink, chunks, report)])


def placed(pictures: Tensor, position: Tensor) -> Tensor:
    """Mirror and turn each of the pictures (n, …, S, S) by its own position.

    Bit 0 exchanges left and right, bit 1 top and bottom, and bit 2, as the last, rows and columns.
    """
    lying = pictures.clone()
    for number in position.unique().tolist():
        which = position == number
        flipped = pictures[which].flip([dim for bit, dim in ((1, -1), (2, -2)) if number & bit])
        lying[which] = flipped.transpose(-1, -2) if number & 4 else flipped
    return lying


def find_candidates(thumbnails: Tensor, limit: int, advance: Callable[[int], None]) -> Candidates:
    """Compare all pictures with all, in every position and with a little cut off.

    Args:
        thumbnails: (N, 32, 32) of `grey_thumbnails`.
        limit: How many pairs at most; the most alike are kept.
        advance: Told how many more pictures are done.
    """
    described = torch.stack([_low_frequencies(thumbnails, margin) for margin in MARGINS])  # (3, N, 8, 8)
    keys = _unit(described)  # (3, N, 63)
    queries = torch.stack([_unit(_placed(described[0], position)) for position in range(POSITIONS)])
    if len(thumbnails) >= FEWEST_FOR_COMMON:
        common = keys[0].mean(dim=0)
        keys, queries = normalize(keys - common, dim=-1), normalize(queries - common, dim=-1)
    count = len(thumbnails)
    found = _Found(limit)
    at_once = max(_COMPARED_AT_ONCE // (POSITIONS * max(count, 1)), 1)
    for start in range(0, count, at_once):
        rows = torch.arange(start, min(start + at_once, count))
        for margin, key in enumerate(keys):
            # whose margin is cut off makes a difference; without one each pair is compared once
            begin = start if margin == 0 else 0
            by_position = queries[:, rows] @ key[begin:].T  # (8, n, N)
            likeness = by_position.amax(dim=0)  # without the positions: a fifth of the time
            if margin == 0:
                likeness.masked_fill_(torch.arange(begin, count) <= rows[:, None], -1)
            else:
                likeness[torch.arange(len(rows)), rows] = -1
            row, other = (likeness >= found.threshold).nonzero(as_tuple=True)
            position = by_position[:, row, other].argmax(dim=0)
            found.add(row + start, other + begin, position, margin, likeness[row, other])
        advance(len(rows))
    return found.candidates()


class _Found:
    """The pairs so far; when there are too many, the least alike are dropped and no more like them taken."""

    def __init__(self, limit: int) -> None:
        self.threshold = _LIKENESS
        self._limit = limit
        self._count = 0
        self._parts: list[tuple[Tensor, ...]] = [(*torch.empty(4, 0, dtype=torch.int64), torch.empty(0))]

    def add(self, first: Tensor, second: Tensor, position: Tensor, margin: int, likeness: Tensor) -> None:
        self._parts.append((first, second, position, torch.full_like(first, margin), likeness))
        self._count += len(first)
        if self._count > 2 * self._limit:
            kept = self._unique()
            self._parts, self._count = [kept], len(kept[0])
            if len(kept[0]) == self._limit:
                self.threshold = float(kept[4][-1])

    def _unique(self) -> tuple[Tensor, ...]:
        """Return the best entry of each pair, the most alike first, up to the limit."""
        columns = [torch.cat(column) for column in zip(*self._parts, strict=True)]
        order = columns[4].argsort(descending=True, stable=True)
        first, second = columns[0][order].numpy(), columns[1][order].numpy()
        pairs = np.stack([np.minimum(first, second), np.maximum(first, second)])
        _, places = np.unique(pairs, axis=1, return_index=True)
        best = order[torch.from_numpy(np.sort(places)[: self._limit])]
        return tuple(column[best] for column in columns)

    def candidates(self) -> Candidates:
        first, second, position, margin, _ = self._unique()
        return Candidates(first, second, position, torch.tensor(MARGINS)[margin])


def _low_frequencies(thumbnails: Tensor, margin: float) -> Tensor:
    """Return the cosine transform of type 2 of what is inside a margin, (N, 8, 8), up to constant factors."""
    places = torch.arange(SIDE) + 0.5
    cosines = torch.cos(pi * torch.arange(_FREQUENCIES).unsqueeze(1) * places / SIDE)  # (8, 32)
    inside = margin * SIDE + (1 - 2 * margin) * places - 0.5  # where the pixels of the window lie
    nearness = (1 - (inside.unsqueeze(1) - torch.arange(SIDE)).abs()).clamp(min=0)  # linear interpolation
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
    flat = vectors.norm(dim=-1, keepdim=True) < SIDE  # below a tenth of a grey level there is only rounding
    return normalize(vectors.masked_fill(flat, 0), dim=-1)


def _resized(images: Tensor) -> Tensor:
    return interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
