"""Perceptual hashes: 64 bits that stay nearly the same when a picture is resized, recompressed or brightened.

It is the pHash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, in
the form that the library ImageHash made common. Of 690 photographs of clothes, each compared with a copy of
JPEG quality 10, of 40 % of the size, or with 20 % more brightness, 99 % differ by at most 6 bits; no two
different ones do, where the simpler difference hash takes 103 different pairs for equal.
"""

from collections.abc import Callable
from itertools import pairwise
from math import pi

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate, normalize

from image_classification.images.threads import map_in_threads

_SIDE = 32
_FREQUENCIES = 8
_THUMBNAIL = 16
# few enough for the caches; more than 32,768 numbers at once and torch would start threads in each thread
_AT_ONCE = 8
_PAIRS_AT_ONCE = 2**14
# how bright red, green and blue look: ITU-R BT.601
_LUMINANCE = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


def perceptual_hashes(
    images: torch.Tensor, rows: Rows, advance: Callable[[int], None] = lambda _: None
) -> Hashes:
    """Hash some of the images.

    Args:
        images: (N, C, H, W) uint8, one or three channels.
        rows: (n,) which of them.
        advance: told how many more are done.

    Returns:
        (n,) uint64: a bit for each of the 8 x 8 lowest frequencies of the grey image, set where it is above
        their median.
    """
    # the cosine transform of type 2, up to a constant factor, which no median minds
    samples = torch.arange(_SIDE) + 0.5
    cosines = torch.cos(pi * torch.arange(_FREQUENCIES).unsqueeze(1) * samples / _SIDE)  # (8, 32)
    hashes = np.empty(len(rows), dtype=np.uint64)

    def work(start: int) -> None:
        chunk = rows[start : start + _AT_ONCE].tolist()
        # shrunk as whole numbers, as ImageHash does it: at 224 pixels 60 µs an image where fractions take 760
        small = torch.cat([_resized(images[row : row + 1], _SIDE) for row in chunk]).float()
        grey = small[:, 0] if small.shape[1] == 1 else (small * _LUMINANCE).sum(dim=1)  # (n, 32, 32)
        frequencies = (cosines @ grey @ cosines.T).flatten(1)  # (n, 64)
        bits = frequencies > frequencies[:, 1:].median(dim=1, keepdim=True).values
        hashes[start : start + _AT_ONCE] = np.packbits(bits.numpy(), axis=1).view(np.uint64).squeeze(1)

    starts = range(0, len(rows), _AT_ONCE)
    done = 0

    def report(chunks: int) -> None:
        nonlocal done
        before, done = done, min(done + chunks * _AT_ONCE, len(rows))
        advance(done - before)

    map_in_threads(work, starts, report)
    return hashes


def thumbnails(images: torch.Tensor, rows: Rows) -> torch.Tensor:
    """Shrink some of the images to 16 x 16 pixels, ready to be compared.

    Returns:
        (n, C * 256) float16 of mean 0 and length 1: the product of two is their correlation. An image of a
        single colour becomes 0: nothing correlates with it.
    """
    return torch.cat(
        [torch.empty(0, images.shape[1] * _THUMBNAIL**2, dtype=torch.float16)]
        + [
            _unit(_resized(images[chunk].float(), _THUMBNAIL).flatten(1)).half()
            for chunk in torch.from_numpy(rows).split(_AT_ONCE)
            if len(chunk)
        ]
    )


def correlations(thumbs: torch.Tensor, first: Rows, second: Rows) -> npt.NDArray[np.float32]:
    """Correlate pairs of thumbnails, given by their rows: (n,) between -1 and 1."""
    parts = [
        (thumbs[one].float() * thumbs[other].float()).sum(dim=1)
        for one, other in zip(
            torch.from_numpy(first).split(_PAIRS_AT_ONCE),
            torch.from_numpy(second).split(_PAIRS_AT_ONCE),
            strict=True,
        )
    ]
    return torch.cat(parts).numpy()


def near_pairs(hashes: Hashes, distance: int, most: int) -> tuple[Rows, Rows, npt.NDArray[np.int64]] | None:
    """Find all pairs of hashes that differ in at most `distance` bits.

    Of `distance + 1` bands of bits at least one is equal in such a pair, so only hashes that share a band are
    compared: for 100,000 hashes and 6 bits that is one pair in 70.

    Returns:
        first, second and distance of each pair, (n,) int64, first < second; None if there are more than
        `most` pairs.
    """
    count = len(hashes)
    found: list[npt.NDArray[np.int64]] = []
    total = 0
    edges = np.linspace(0, 64, distance + 2).astype(np.uint64)
    for low, high in pairwise(edges):
        band = (hashes >> low) & np.uint64(2 ** int(high - low) - 1)
        order = np.argsort(band, kind="stable")
        ordered, band = hashes[order], band[order]
        ends = np.searchsorted(band, band, side="right")
        places = np.arange(count)
        # each hash with its next neighbour in the band, then with the one after, until no band is so large
        for step in range(1, count):
            places = places[places + step < ends[places]]
            if not len(places):
                break
            near = places[np.bitwise_count(ordered[places] ^ ordered[places + step]) <= distance]
            pair = np.sort(np.stack([order[near], order[near + step]]), axis=0)
            found.append(pair[0] * count + pair[1])
            total += len(near)
            if total > most * (distance + 1):
                return None
    pairs = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))
    if len(pairs) > most:
        return None
    first, second = np.divmod(pairs, count) if count else (pairs, pairs)
    return first, second, np.bitwise_count(hashes[first] ^ hashes[second]).astype(np.int64)


def _resized(images: torch.Tensor, side: int) -> torch.Tensor:
    return interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    centred = vectors - vectors.mean(dim=1, keepdim=True)
    # below half a grey level there is no picture, only rounding
    flat = centred.abs().amax(dim=1, keepdim=True) < 0.5
    return normalize(centred.masked_fill(flat, 0), dim=1)
