"""Finding the same picture twice: equal files, and pictures that were resized, recompressed or brightened."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from image_classification.console import progress_bar
from image_classification.images.perceptual_hash import (
    correlations,
    near_pairs,
    perceptual_hashes,
    thumbnails,
)
from image_classification.parameters.audit import AuditParameters

Rows = npt.NDArray[np.int64]

# Smaller pictures look alike without being copies: of 60,000 handwritten digits 5,866 would form one group.
SMALLEST_SIDE = 32
# A chain of pictures, each like the next, that is longer than this is no set of copies.
LARGEST_GROUP = 100
# 48 MB; a set with more pairs than that is one of look-alikes
MOST_PAIRS = 2_000_000


class Link(NamedTuple):
    """Two files, by row, that show the same picture: bits between their hashes, and correlation."""

    first: int
    second: int
    distance: int
    similarity: float


class Duplicates(NamedTuple):
    """What was found.

    group_of: (N,) int64: the same number for all copies of a picture, the lowest of their rows.
    near: the links between files that are not equal, the most alike first.
    looks_alike: groups of rows too large to be copies of one picture, whose near links were not used.
    searched: False if so many pairs look alike that near duplicates were not looked for.
    """

    group_of: Rows
    near: list[Link]
    looks_alike: list[Rows]
    searched: bool

    @property
    def groups(self) -> list[list[int]]:
        """The rows of each group of two and more copies."""
        order = np.argsort(self.group_of, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(self.group_of[order])) + 1)
        return [part.tolist() for part in parts if len(part) > 1]


def find_duplicates(
    images: torch.Tensor, sha256: npt.NDArray[np.object_], sides: Rows, parameters: AuditParameters
) -> Duplicates:
    """Find all copies among images.

    Args:
        images: (N, C, H, W) uint8.
        sha256: (N,) of the files; "" of images that are to be left alone, because they could not be read.
        sides: (N,) the shorter side of each original, in pixels.
        parameters: what counts as near.
    """
    rows = np.arange(len(images))
    _, first_of, file_of = np.unique(sha256, return_index=True, return_inverse=True)
    usable = sha256 != ""
    exact = np.where(usable, first_of[file_of], rows)  # the first row with the same file
    if not parameters.near_duplicates:
        return Duplicates(exact, [], [], searched=True)
    candidates = rows[(exact == rows) & usable & (sides >= SMALLEST_SIDE)]
    links = _near_links(images, candidates, parameters)
    if links is None:
        return Duplicates(exact, [], [], searched=False)
    groups = _connected(((link.first, link.second) for link in links), exact)
    sizes = np.bincount(groups[candidates], minlength=len(images))
    too_large = sizes[groups] > LARGEST_GROUP
    looks_alike = [np.flatnonzero(groups == group) for group in np.unique(groups[too_large])]
    near = [link for link in links if not too_large[link.first]]
    return Duplicates(np.where(too_large, exact, groups), near, looks_alike, searched=True)


def _near_links(images: torch.Tensor, candidates: Rows, parameters: AuditParameters) -> list[Link] | None:
    with progress_bar("Comparing images", total=len(candidates), unit="images") as advance:
        hashes = perceptual_hashes(images, candidates, advance)
    pairs = near_pairs(hashes, parameters.near_duplicate_distance, MOST_PAIRS)
    if pairs is None:
        return None
    first, second, distances = pairs
    if not len(first):
        return []
    # thumbnails of those alone that are compared: for most folders a handful
    compared, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    similarities = correlations(
        thumbnails(images, candidates[compared]), places[: len(first)], places[len(first) :]
    )
    order = np.argsort(-similarities, kind="stable")
    return [
        Link(int(candidates[first[i]]), int(candidates[second[i]]), int(distances[i]), float(similarities[i]))
        for i in order[similarities[order] >= parameters.near_duplicate_similarity]
    ]


def _connected(links: Iterable[tuple[int, int]], groups: Rows) -> Rows:
    """Join groups that links connect; a group's number is the lowest of its rows."""
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        while (above := parent.get(row, row)) != row:
            parent[row] = parent.get(above, above)
            row = above
        return row

    for first, second in links:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return np.array([root(group) for group in groups.tolist()], dtype=np.int64)
