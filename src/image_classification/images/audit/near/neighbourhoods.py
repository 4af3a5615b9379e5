"""Find pairs of pictures that look alike without comparing all with all: each with its neighbourhoods.

Some of the pictures are landmarks. A picture belongs to the landmark that it is most like, with each margin,
and is compared, in each position, with what belongs to the few landmarks that are most like it so. Two
pictures are found by either of them. Twice as many pictures have 1.4 times as many landmarks, and as many
more in the neighbourhood of each, so the time for a picture grows with the square root of their number.

Nothing is left to chance: landmarks are the first of the pictures, which are in the order of the digests of
their files. So the result depends on the pictures alone, and not on which were there before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isqrt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.images.audit.near.found_pairs import FoundPairs
from image_classification.images.audit.near.likeness import Likeness
from image_classification.images.audit.near.thumbnails import POSITIONS
from image_classification.threads import map_in_threads

# Landmarks for each root of the number of pictures: with twice or half as many it takes as long.
_LANDMARKS = 4
# Landmarks whose neighbourhoods are searched; measured as `EXACT_UP_TO` says.
_NEAREST = 12
# Landmarks are less alike than this: pictures that are there many times would have some each.
_TWINS = 0.95
# How many times the average a neighbourhood is searched for at most: in sets of look-alikes nearly everything
# may belong to one landmark. In others 5 times the average is the largest.
_LARGEST = 8
# what is compared at once stays in the caches
_ROWS, _COLUMNS = 256, 1024
_AT_ONCE = 16  # landmarks

Numbers = npt.NDArray[np.int64]
Likenesses = npt.NDArray[np.float32]


def search_neighbourhoods(likeness: Likeness, found: FoundPairs, advance: Callable[[int], None]) -> int:
    """Compare each picture, in every position, with those like the landmarks that it is most like.

    Args:
        likeness: of the pictures, which are in an order of their content.
        found: Takes the pairs.
        advance: Told how many more pictures are done.

    Returns:
        How many comparisons it took.
    """
    count, compared = likeness.count, 0
    first = likeness.keys[0][: min(_LANDMARKS * isqrt(count), count)]
    landmarks = _unlike(first)
    largest = -(-_LARGEST * likeness.keys[..., 0].numel() // max(len(first), 1))
    belonging, keys = _Belonging.of(likeness, landmarks, largest), likeness.keys.flatten(0, 1)
    for position in range(POSITIONS):
        queries = likeness.queries[position]
        alike, nearest = _nearest(queries, landmarks, min(_NEAREST, len(landmarks)))
        order, starts = _by_landmark(nearest.ravel(), len(landmarks))

        def search(landmark: int) -> tuple[FoundPairs, int]:
            own, tried = found.like_it(), 0
            asking = order[starts[landmark] : starts[landmark + 1]]  # noqa: B023 called at once
            for rows, entries in belonging.of_landmark(landmark, asking, alike.ravel()):  # noqa: B023
                pictures = torch.from_numpy(rows // nearest.shape[1])  # noqa: B023
                _compare(queries, pictures, keys, torch.from_numpy(entries), own)  # noqa: B023
                tried += len(rows) * len(entries)
            return own, tried

        for start in range(0, len(landmarks), _AT_ONCE):
            # what is known of the others counts between them, so as not to depend on which thread is first
            some = range(start, min(start + _AT_ONCE, len(landmarks)))
            for own, tried in map_in_threads(search, some, lambda _: None, at_once=1):
                compared += tried
                found.take(own)
        advance(count * (position + 1) // POSITIONS - count * position // POSITIONS)
    return compared


@dataclass(frozen=True)
class _Belonging:
    """What belongs to each landmark: entries, margin * n + picture, the least like it first.

    entries: (3 n,) those of the first landmark, then those of the second, and so on.
    alike: (3 n,) how much each is like its landmark.
    starts: (landmarks + 1,) where those of each begin.
    largest: how many of a landmark a picture is compared with at most.
    """

    entries: Numbers
    alike: Likenesses
    starts: Numbers
    largest: int

    @classmethod
    def of(cls, likeness: Likeness, landmarks: Tensor, largest: int) -> "_Belonging":
        found = [_nearest(keys, landmarks, 1) for keys in likeness.keys]
        alike = np.concatenate([each[:, 0] for each, _ in found])
        landmark = np.concatenate([each[:, 0] for _, each in found])
        order = np.lexsort((alike, landmark))
        starts = np.searchsorted(landmark[order], np.arange(len(landmarks) + 1))
        return cls(order, alike[order], starts, largest)

    def of_landmark(
        self, landmark: int, asking: Numbers, alike: Likenesses
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield some of those that ask for a landmark, and the entries to compare them with.

        Those are all that belong to it; if they are too many, those that are about as much like it.

        Args:
            landmark: Its number.
            asking: (m,) places in `alike`.
            alike: How much each is like the landmark.
        """
        own = slice(self.starts[landmark], self.starts[landmark + 1])
        entries, excess = self.entries[own], int(own.stop - own.start) - self.largest
        if not len(entries):
            return
        if excess > 0:
            asking = asking[np.argsort(alike[asking], kind="stable")]
        for start in range(0, len(asking), _ROWS):
            rows, first = asking[start : start + _ROWS], 0
            if excess > 0:
                middle = np.searchsorted(self.alike[own], alike[rows[len(rows) // 2]])
                first = min(max(int(middle) - self.largest // 2, 0), excess)
            yield rows, entries[first : first + self.largest]


def _unlike(pictures: Tensor) -> Tensor:
    """Return those that are like none of them before."""
    like = (pictures @ pictures.T >= _TWINS).numpy()
    chosen = np.zeros(len(pictures), dtype=bool)
    for number in range(len(pictures)):
        chosen[number] = not (like[number] & chosen).any()
    return pictures[torch.from_numpy(chosen)]


def _nearest(pictures: Tensor, landmarks: Tensor, number: int) -> tuple[Likenesses, npt.NDArray[np.int16]]:
    """Return how much pictures are like the landmarks that they are most like, (n, number), and which."""
    alike = np.empty((len(pictures), number), dtype=np.float32)
    which = np.empty((len(pictures), number), dtype=np.int16)  # which numpy sorts by digits

    def choose(start: int) -> None:
        part = slice(start, start + _ROWS)
        best = (pictures[part] @ landmarks.T).topk(number, dim=1, sorted=False)
        alike[part], which[part] = best.values.numpy(), best.indices.numpy()

    map_in_threads(choose, range(0, len(pictures), _ROWS), lambda _: None)
    return alike, which


def _by_landmark(landmark: npt.NDArray[np.int16], count: int) -> tuple[Numbers, Numbers]:
    """Return the places of each landmark, one landmark after the other, and where those of each begin."""
    order = np.argsort(landmark, kind="stable")
    return order, np.searchsorted(landmark[order], np.arange(count + 1))


def _compare(queries: Tensor, pictures: Tensor, keys: Tensor, entries: Tensor, found: FoundPairs) -> None:
    """Compare pictures as they are placed with others of which margins are cut off."""
    placed = queries[pictures]
    for part in entries.split(_COLUMNS):
        alike = placed @ keys[part].T
        some = (alike.amax(dim=1) >= found.threshold).nonzero().squeeze(1)  # few are like anything
        row, column = (alike[some] >= found.threshold).nonzero(as_tuple=True)
        first, second = pictures[some[row]], part[column] % len(queries)
        two = first != second
        found.add(first[two], second[two], alike[some[row], column][two])
