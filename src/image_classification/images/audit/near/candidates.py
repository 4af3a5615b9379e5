"""Find the pairs of pictures that may show the same: a coarse comparison of all with all, or of what is new.

Of very many pictures each is compared with its neighbourhoods instead (`neighbourhoods`).

Of 690 photographs of clothes 0.2 % of all pairs remain, and 97 to 100 % of the copies made of them, however
they were made.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.images.audit.near.found_pairs import FoundPairs, Pairs
from image_classification.images.audit.near.likeness import Likeness, turn_of
from image_classification.images.audit.near.neighbourhoods import search_neighbourhoods
from image_classification.threads import map_in_threads

EXACT_UP_TO = 20_000
"""With more pictures than this, not all are compared with all.

On one slow core that takes 4 s for 10,000, 16 s for 20,000 and hours for a million; by neighbourhoods it is
0.2 ms a picture, of 24,290 as of 100,000. The 24,290 were photographs, copies of 150 of them made in 24
ways, and mixtures of three photographs each: all 3,577 copies were found that comparing all with all finds,
all pairs with a likeness from 0.95 on, and 99.9 % of the most alike 300,000.
"""
_LIKENESS = 0.87
# pairs are kept down to this below the limit, so that they still serve when what all have in common has
# changed a little: by that much at most, for pictures that are at least so far from it
_SLACK, _DRIFT, _APART = 0.041, 0.004, 0.4
# and where only the most alike are judged, to this below them: a few of those may be removed
_RESERVE = 0.01
# in one neighbourhood pictures may be less alike, with another margin, than in the best way
_OTHER_WAY = 0.03
# pictures that are compared at once: what comes out, in every position, stays in the caches. (Ten times as
# much took three times as long, of which most was new memory.)
_ROWS, _COLUMNS = 128, 1024
_BLOCKS_AT_ONCE = 4  # that a thread takes: handing one over takes a tenth of its time


@dataclass(frozen=True)
class KnownPairs:
    """Pairs that look alike, among pictures that were compared before.

    pairs: (m, 2) int64, numbers of pictures, the lower one first, in order.
    common: what all had in common when all were compared with all.
    reach: there is no other pair that was at least so alike, but for `_SLACK`.
    """

    pairs: Pairs
    common: Tensor | None
    reach: float

    def serve(self, likeness: Likeness) -> bool:
        """Whether the pairs of new pictures are all that can be missing."""
        if self.common is None or likeness.common is None:
            return self.common is None and likeness.common is None
        return float((likeness.common - self.common).norm()) <= _DRIFT


@dataclass(frozen=True)
class Candidates:
    """Pairs of pictures that look alike, the most alike first.

    pairs: (n, 2) int64, numbers of pictures, the lower one first.
    turn: (n,) int64, the way in which they look alike, of `likeness.turn_of`.
    """

    pairs: Tensor
    turn: Tensor

    def __len__(self) -> int:
        return len(self.turn)

    def pick(self, which: Tensor | slice) -> "Candidates":
        """Return some of the pairs, by their places."""
        return Candidates(self.pairs[which], self.turn[which])

    @property
    def first(self) -> Tensor:
        """(n,) int64, the picture of each pair that has to be placed to look like the other."""
        return self._columns()[0]

    @property
    def second(self) -> Tensor:
        """(n,) int64, the other one."""
        return self._columns()[1]

    @property
    def position(self) -> Tensor:
        """(n,) int64, how the first has to be placed to look like the second."""
        return turn_of(self.turn)[1]

    @property
    def margin(self) -> Tensor:
        """(n,) float32, the share that is cut off each side of the second."""
        return turn_of(self.turn)[2]

    def _columns(self) -> tuple[Tensor, Tensor]:
        is_second, *_ = turn_of(self.turn)
        low, high = self.pairs.unbind(dim=1)
        return torch.where(is_second, high, low), torch.where(is_second, low, high)


def compares_all(count: int) -> bool:
    """Whether so many pictures are all compared with all."""
    return count <= EXACT_UP_TO


def find_candidates(
    likeness: Likeness,
    limit: int,
    advance: Callable[[int], None],
    known: KnownPairs | None = None,
    is_new: npt.NDArray[np.bool_] | None = None,
) -> tuple[Candidates, KnownPairs | None]:
    """Compare all pictures with all, in every position and with a little cut off.

    If there are too many for that, each is compared with those that are like the same others.

    Args:
        likeness: of the pictures, in an order of their content.
        limit: How many pairs at most; the most alike are kept.
        advance: Told how many more pictures are done.
        known: What is known of pairs of those that are not new.
        is_new: (n,) which are new; None: all.

    Returns:
        The candidates, and what is known of pairs now: nothing if not all were compared with all.
    """
    if not compares_all(likeness.count):
        # anew, which is quick, as is what they have in common: so nothing depends on earlier audits
        found = FoundPairs(likeness.count, limit, _LIKENESS - _OTHER_WAY, _OTHER_WAY, most=4 * limit)
        search_neighbourhoods(likeness, found, advance)
        return _best(likeness, found.pairs(), limit)[0], None
    found = _found_pairs(likeness, limit)
    if known and is_new is not None and known.serve(likeness):
        found.threshold = known.reach - _SLACK
        # what is hardly different from what all have in common may have become like anything
        new = torch.from_numpy(is_new) | (likeness.apart < _APART)
        _search(likeness, new.nonzero().squeeze(1), found)
        pairs = np.unique(np.concatenate([known.pairs, found.pairs()]), axis=0)
        candidates, reach = _best(likeness, pairs, limit)
        if reach >= known.reach:
            advance(likeness.count)
            return candidates, KnownPairs(pairs, known.common, known.reach)
        found = _found_pairs(likeness, limit)
    _search_all(likeness, found, advance)
    pairs = found.pairs()
    candidates, reach = _best(likeness, pairs, limit)
    reach = reach if reach == _LIKENESS else max(_LIKENESS, reach - _RESERVE)
    return candidates, KnownPairs(pairs, likeness.common, reach)


def _best(likeness: Likeness, pairs: Pairs, limit: int) -> tuple[Candidates, float]:
    """Return the pairs that are alike, up to the limit, and how alike the last of so many is at least."""
    columns = torch.from_numpy(pairs)
    alike, turn = likeness.of_pairs(columns[:, 0], columns[:, 1])
    order = alike.argsort(descending=True, stable=True)
    order = order[: int((alike >= _LIKENESS).sum())][:limit]
    reach = float(alike[order[-1]]) if len(order) == limit else _LIKENESS
    return Candidates(columns[order], turn[order]), reach


def _found_pairs(likeness: Likeness, limit: int) -> FoundPairs:
    return FoundPairs(likeness.count, limit, _LIKENESS - _SLACK, _RESERVE + _SLACK)


def _search_all(likeness: Likeness, found: FoundPairs, advance: Callable[[int], None]) -> None:
    for rows in _in_blocks(0, likeness.count, _ROWS):
        # whose margin is cut off makes a difference; without one each pair is compared once
        blocks = [
            (margin, rows, columns)
            for margin in range(len(likeness.keys))
            for columns in _in_blocks(int(rows[0]) if margin == 0 else 0, likeness.count, _COLUMNS)
        ]
        _compare(likeness, blocks, found)
        advance(len(rows))


def _search(likeness: Likeness, new: Tensor, found: FoundPairs) -> None:
    """Compare new pictures with all."""
    for rows in new.split(_ROWS) if len(new) else ():
        blocks = [
            block
            for margin in range(len(likeness.keys))
            for columns in _in_blocks(0, likeness.count, _COLUMNS)
            for block in ((margin, rows, columns), (margin, columns, rows))
        ]
        _compare(likeness, blocks, found)


def _in_blocks(start: int, end: int, length: int) -> Iterator[Tensor]:
    for begin in range(start, end, length):
        yield torch.arange(begin, min(begin + length, end))


def _compare(likeness: Likeness, blocks: list[tuple[int, Tensor, Tensor]], found: FoundPairs) -> None:
    """Compare pictures in every position with others of which a margin is cut off, block by block.

    A block is a number of a margin and the numbers of both kinds of pictures, (placed,) and (others,).
    """
    threshold = found.threshold

    def compared(block: tuple[int, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        margin, placed, others = block
        alike = (likeness.queries[:, placed] @ likeness.keys[margin][others].T).amax(dim=0)
        # without a margin each pair is compared once, and in any case none with itself
        if margin == 0 and others[0] <= placed[-1]:
            alike.masked_fill_(others <= placed[:, None], -1)
        elif margin:
            alike.masked_fill_(others == placed[:, None], -1)
        row, column = (alike >= threshold).nonzero(as_tuple=True)
        return placed[row], others[column], alike[row, column]

    # products of this size are too small to be shared by threads of torch
    for pairs in map_in_threads(compared, blocks, lambda _: None, at_once=_BLOCKS_AT_ONCE):
        found.add(*pairs)
