"""What audits have found out about pictures and pairs of them, which later ones need not find out again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.images.audit.near.candidates import KnownPairs
from image_classification.images.audit.near.likeness import TURNS

_LETTERS = 64
SHA256 = f"S{_LETTERS}"
"""The type of digests in hexadecimal."""
_UNKNOWN = -1

Digests = npt.NDArray[np.bytes_]
Rows = npt.NDArray[np.int64]


@dataclass
class PairTable:
    """Numbers by pairs of pictures, each pair seen in one of the ways of `likeness.turn_of`.

    keys: (m,) int64, in order.
    found: (m, k) float32.
    """

    keys: Rows
    found: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, width: int) -> "PairTable":
        """Return a table of no pairs."""
        return cls(np.empty(0, dtype=np.int64), np.empty((0, width), dtype=np.float32))

    def get(self, keys: Rows) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
        """Return which of the pairs (n,) are known, and the numbers of all (n, k), NaN where they are not."""
        found = np.full((len(keys), self.found.shape[1]), np.nan, dtype=np.float32)
        if not len(self.keys):
            return np.zeros(len(keys), dtype=bool), found
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        is_known = self.keys[places] == keys
        found[is_known] = self.found[places[is_known]]
        return is_known, found

    def put(self, keys: Rows, found: npt.NDArray[np.float32]) -> "PairTable":
        """Return a table with more pairs; what is new of one that is known counts."""
        every = np.concatenate([keys, self.keys])
        unique, places = np.unique(every, return_index=True)
        return PairTable(unique, np.concatenate([found, self.found])[places])


@dataclass
class PictureMemory:
    """What is known of n pictures, in the order of the SHA-256 of their files, and of pairs of them.

    made_by: identifies the code and the options by which it was found.
    sha256: (n,) in hexadecimal.
    described: (n, 3, 8, 8) float32, of `likeness.describe`.
    has_places: (n,) int8, whether each has enough structure to be told from others; -1: not known.
    pairs: those that look alike; None: nothing is known.
    coarse, close: what comparing them has shown, in the words of `near_copies`.
    shared: (128, 128) float32, what pictures in detail have in common, (0, 0) if that is not known.
    shared_by: a digest of the pictures of which that is.
    """

    made_by: str
    sha256: Digests
    described: Tensor
    has_places: npt.NDArray[np.int8]
    pairs: KnownPairs | None = None
    coarse: PairTable = field(default_factory=lambda: PairTable.empty(5))
    close: PairTable = field(default_factory=lambda: PairTable.empty(9))
    shared: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    shared_by: str = ""

    def __len__(self) -> int:
        return len(self.sha256)

    @classmethod
    def of(
        cls, sha256: npt.NDArray[np.bytes_], before: "PictureMemory | None", made_by: str
    ) -> "PictureMemory":
        """Return what is known of these pictures from before, where the same code has found it."""
        count = len(sha256)
        now = cls(
            made_by,
            sha256,
            torch.full((count, 3, 8, 8), torch.nan),
            np.full(count, _UNKNOWN, dtype=np.int8),
        )
        if before is None or before.made_by != made_by or not len(before) or not count:
            return now
        places = np.minimum(np.searchsorted(before.sha256, sha256), len(before) - 1)
        is_known = before.sha256[places] == sha256
        now.described[torch.from_numpy(is_known)] = before.described[torch.from_numpy(places[is_known])]
        now.has_places[is_known] = before.has_places[places[is_known]]
        numbers = np.full(len(before), _UNKNOWN, dtype=np.int64)
        numbers[places[is_known]] = np.flatnonzero(is_known)
        if before.pairs:
            pairs = numbers[before.pairs.pairs]
            pairs = pairs[(pairs != _UNKNOWN).all(axis=1)]
            now.pairs = KnownPairs(pairs, before.pairs.common, before.pairs.reach)
        now.coarse = _numbered(before.coarse, numbers, count)
        now.close = _numbered(before.close, numbers, count)
        now.shared, now.shared_by = before.shared, before.shared_by
        return now

    @property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """(n,) of which pictures nothing is known."""
        found: npt.NDArray[np.bool_] = torch.isnan(self.described[:, 0, 0, 0]).numpy()
        return found

    def keys(self, pairs: Tensor, turn: Tensor) -> Rows:
        """Return the keys of pairs (m, 2) of these pictures, the lower number first, in the tables."""
        low, high = pairs.numpy().T
        return _keys(low, high, turn.numpy(), len(self))

    def digest_of(self, rows: slice) -> str:
        """Return a digest of some of the pictures."""
        return hashlib.sha256(self.sha256[rows].tobytes()).hexdigest()

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Return all of it as tensors, and text beside them."""
        pairs = self.pairs or KnownPairs(np.empty((0, 2), dtype=np.int64), None, np.nan)
        common = torch.empty(0) if pairs.common is None else pairs.common
        arrays = {
            "sha256": self.sha256.view(np.uint8).reshape(len(self), _LETTERS),
            "has_places": self.has_places,
            "pairs": pairs.pairs.astype(np.int32),
            "coarse_keys": self.coarse.keys,
            "coarse": self.coarse.found,
            "close_keys": self.close.keys,
            "close": self.close.found,
        }
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        tensors |= {"described": self.described, "common": common, "shared": self.shared}
        texts = {"made_by": self.made_by, "shared_by": self.shared_by, "reach": repr(pairs.reach)}
        return tensors, texts

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> "PictureMemory":
        """Return what `tensors` has given.

        Raises:
            KeyError, ValueError: it is something else.
        """
        array = {name: tensor.numpy() for name, tensor in tensors.items()}
        common, reach = tensors["common"], float(texts["reach"])
        known = KnownPairs(array["pairs"].astype(np.int64), common if len(common) else None, reach)
        memory = cls(
            texts["made_by"],
            np.ascontiguousarray(array["sha256"]).view(SHA256)[:, 0],
            tensors["described"],
            array["has_places"],
            None if np.isnan(reach) else known,
            PairTable(array["coarse_keys"], array["coarse"]),
            PairTable(array["close_keys"], array["close"]),
            tensors["shared"],
            texts["shared_by"],
        )
        lengths = {len(memory.sha256), len(memory.described), len(memory.has_places)}
        tables = (memory.coarse, memory.close)
        if len(lengths) > 1 or any(len(table.keys) != len(table.found) for table in tables):
            raise ValueError("its parts differ in length")
        return memory


def _keys(low: Rows, high: Rows, turn: Rows, count: int) -> Rows:
    return (low * count + high) * TURNS + turn


def _numbered(table: PairTable, numbers: Rows, count: int) -> PairTable:
    """Return the rows of a table whose pictures are still there, by their new numbers."""
    pairs, turn = np.divmod(table.keys, TURNS)
    low, high = (numbers[column] for column in np.divmod(pairs, len(numbers)))
    there = (low != _UNKNOWN) & (high != _UNKNOWN)
    # the order of pictures is that of their digests, before and now
    return PairTable(_keys(low[there], high[there], turn[there], count), table.found[there])
