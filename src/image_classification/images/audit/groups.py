"""Find the copies of each picture, and gather them into a group."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from image_classification.images.audit.near.detail_pictures import ReadDetail
from image_classification.images.audit.near.memory import SHA256, PictureMemory, Rows
from image_classification.images.audit.near.near_copies import Link, find_near_copies
from image_classification.images.audit.options import AuditOptions
from image_classification.images.store.first_look import FirstLook

# Smaller pictures look alike without being copies: of 60,000 handwritten digits 5,866 would form one group.
SMALLEST_SIDE = 32
# More pictures than this that look like one of them are a series, not a set of copies.
LARGEST_GROUP = 100


class Duplicates(NamedTuple):
    """The groups of copies among N images.

    group_of: (N,) int64: the same number for all copies of a picture, the row of the one that leads them.
    exact: (N,) int64: the same number for all files with the same content, the first of their rows.
    near: the links between files that are not equal, the most alike first.
    looks_alike: groups of rows too large to be copies of one picture, whose near links were not used.
    plain: rows of pictures that resemble others but are too plain to be told from them.
    all_compared: False if so many pairs look alike that only the most alike were compared.
    exhaustive: False if there are so many pictures that not all were compared with all.
    """

    group_of: Rows
    exact: Rows
    near: list[Link]
    looks_alike: list[Rows]
    plain: Rows
    all_compared: bool
    exhaustive: bool = True

    @property
    def groups(self) -> list[list[int]]:
        """The rows of each group of two or more copies."""
        return rows_of_groups(self.group_of)

    def among(self, stay: npt.NDArray[np.bool_]) -> "Duplicates":
        """Return the groups as they are among some of the images (N,) bool; each other one is on its own.

        A group keeps its number where the row is gone that has given it, and falls apart where the copy is
        gone that held it together.
        """
        if stay.all():
            return self
        first_of = {file: row for row, file in reversed([*enumerate(self.exact.tolist())]) if stay[row]}
        near = [
            link._replace(first=first_of[link.first], second=first_of[link.second])
            for link in self.near
            if link.first in first_of and link.second in first_of
        ]
        exact = np.array([first_of.get(file, -1) for file in self.exact.tolist()], dtype=np.int64)
        counts = Counter(exact[stay].tolist())
        linked = {row for link in near for row in (link.first, link.second)}
        kept = stay & np.array([row in linked or counts[row] > 1 for row in exact.tolist()], dtype=bool)
        # numbers beyond those of all rows
        alone = len(stay) + np.arange(len(stay))
        return self._replace(
            group_of=np.where(kept, self.group_of, alone), exact=np.where(stay, exact, alone), near=near
        )


def rows_of_groups(group_of: Rows) -> list[list[int]]:
    """Return the rows of each group of two or more, given the number of the group of each row."""
    _, number, counts = np.unique(group_of, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(counts[number] > 1)  # few among many
    order = rows[np.argsort(group_of[rows], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(group_of[order])) + 1)
    return [part.tolist() for part in parts if len(part)]


def find_duplicates(
    images: torch.Tensor,
    sha256: npt.NDArray[np.object_],
    sides: Rows,
    parameters: AuditOptions,
    *,
    read: ReadDetail | None = None,
    whole: Callable[[int], torch.Tensor] | None = None,
    before: PictureMemory | None = None,
    made_by: str = "",
    look: FirstLook | None = None,
) -> tuple[Duplicates, PictureMemory]:
    """Find all copies among images.

    Args:
        images: (N, C, H, W) uint8.
        sha256: (N,) of the files; "" for images to leave alone, as they could not be read.
        sides: (N,) the shorter side of each original, in pixels.
        parameters: What counts as near.
        read: Reads the picture of a row for a closer look than `images` allow.
        whole: Gives all of the picture of a row, where `images` are not stretched.
        before: What earlier audits have found out.
        made_by: Identifies the code and the options by which pictures are compared.
        look: What was seen of `images` when they were written.

    Returns:
        The groups, and what is known of the pictures now.
    """
    rows = np.arange(len(images))
    _, first_of, file_of = np.unique(sha256, return_index=True, return_inverse=True)
    usable = sha256 != ""
    exact = np.where(usable, first_of[file_of], rows)  # the first row with the same file
    if not parameters.near_duplicates:
        memory = before or PictureMemory.of(sha256[:0].astype(SHA256), None, made_by)
        return Duplicates(exact, exact, [], [], rows[:0], all_compared=True), memory
    candidates = rows[(exact == rows) & usable & (sides >= SMALLEST_SIDE)]
    digests = sha256[candidates].astype(SHA256)
    # in an order that no name changes
    candidates, digests = candidates[np.argsort(digests)], np.sort(digests)
    memory = PictureMemory.of(digests, before, made_by)
    similarity = parameters.near_duplicate_similarity
    found = find_near_copies(images, candidates, similarity, read, whole, memory, look)
    near = found.links
    leaders = _lead(candidates, near, sha256)
    leader_of = rows.copy()
    leader_of[candidates] = leaders
    groups = leader_of[exact]
    sizes = np.bincount(groups[candidates], minlength=len(images))
    too_large = sizes[groups] > LARGEST_GROUP
    looks_alike = [np.flatnonzero(groups == group) for group in np.unique(groups[too_large])]
    kept = [link for link in near if not too_large[link.first] and not too_large[link.second]]
    duplicates = Duplicates(
        group_of=np.where(too_large, exact, groups),
        exact=exact,
        near=kept,
        looks_alike=looks_alike,
        plain=found.plain,
        all_compared=found.all_compared,
        exhaustive=found.exhaustive,
    )
    return duplicates, memory


def _lead(candidates: Rows, links: list[Link], sha256: npt.NDArray[np.object_]) -> Rows:
    """Choose a leader for each picture: (n,) rows.

    The picture with the most copies leads them and their copies, and no more: a chain of pictures, each like
    the next, is not a set of copies, unless each link is beyond doubt and of the same view.
    """
    neighbours: dict[int, list[Link]] = defaultdict(list)
    for link in links:  # the most alike first
        neighbours[link.first].append(link)
        neighbours[link.second].append(link)
    leader: dict[int, int] = {}
    for row in sorted(candidates.tolist(), key=lambda row: (-len(neighbours[row]), sha256[row])):
        if row not in leader:
            leader[row] = row
            _gather(row, neighbours, leader, steps=2)
    return np.array([leader[row] for row in candidates.tolist()], dtype=np.int64)


def _gather(row: int, neighbours: dict[int, list[Link]], leader: dict[int, int], steps: int) -> None:
    """Make a row the leader of its copies without a leader, and of theirs, over some steps in doubt."""
    reached = {row: steps}
    waiting = deque([row])
    while waiting:
        current = waiting.popleft()
        for link in neighbours[current]:
            other = link.second if link.first == current else link.first
            left = reached[current] - (0 if link.certain and not link.change else 1)
            if left < 0 or left <= reached.get(other, -1) or leader.get(other, row) != row:
                continue
            reached[other] = left
            leader[other] = row
            waiting.append(other)
