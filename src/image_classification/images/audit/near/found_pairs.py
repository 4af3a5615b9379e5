"""The pairs of pictures that a search has found so far, as many as can be judged."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

Pairs = npt.NDArray[np.int64]


class FoundPairs:
    """The pairs so far; when there are too many, the least alike are dropped and no more like them taken.

    Args:
        count: of the pictures.
        limit: How many pairs are wanted; some more are kept.
        threshold: How alike pairs are at least.
        reserve: Pairs are kept that are less alike than those wanted by up to this.
        most: How many are kept at most, however alike; None: all.
    """

    def __init__(
        self, count: int, limit: int, threshold: float, reserve: float, most: int | None = None
    ) -> None:
        self.threshold = threshold
        self._count, self._limit, self._reserve, self._most = max(count, 1), limit, reserve, most
        self._parts: list[tuple[Pairs, npt.NDArray[np.float32]]] = []
        self._size, self._largest = 0, 4 * limit

    def add(self, first: Tensor, second: Tensor, alike: Tensor) -> None:
        """Take pairs of two numbers of pictures, and how alike each is; the same one may come again."""
        if not len(first):
            return
        one, other = first.numpy(), second.numpy()
        self._add(np.minimum(one, other) * self._count + np.maximum(one, other), alike.numpy())

    def like_it(self) -> "FoundPairs":
        """Return one without pairs that takes what this would take now."""
        return FoundPairs(self._count, self._limit, self.threshold, self._reserve, self._most)

    def take(self, other: "FoundPairs") -> None:
        """Take the pairs of one that is like this."""
        for part in other._parts:
            self._add(*part)

    def _add(self, keys: Pairs, alike: npt.NDArray[np.float32]) -> None:
        self._parts.append((keys, alike))
        self._size += len(keys)
        if self._size > self._largest:
            keys, best = self._unique()
            if len(keys) > self._limit:
                last = float(np.partition(best, -self._limit)[-self._limit])
                self.threshold = max(self.threshold, last - self._reserve)
                keys, best = keys[best >= self.threshold], best[best >= self.threshold]
            if self._most is not None and len(keys) > self._most:
                kept = np.sort(np.argsort(-best, kind="stable")[: self._most])
                keys, best = keys[kept], best[kept]
            self._parts, self._size = [(keys, best)], len(keys)
            self._largest = max(self._largest, 2 * len(keys))

    def _unique(self) -> tuple[Pairs, npt.NDArray[np.float32]]:
        keys, alike = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.argsort(keys)
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        return keys[starts], np.maximum.reduceat(alike[order], starts)

    def pairs(self) -> Pairs:
        """Return them, (m, 2), each once and in order."""
        keys = self._unique()[0] if self._parts else np.empty(0, dtype=np.int64)
        return np.stack(np.divmod(keys, self._count), axis=1)
