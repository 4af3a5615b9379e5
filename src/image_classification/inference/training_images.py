"""Which files a network was trained on, validated on and tested on: of new images to be told from these.

The image index of a folder says of each file its SHA-256 and its split, and a network says the digest of the
index that it was trained by: only where the two agree is anything known. A file of another name is found, and
one that the audit had left out as a copy; any other picture that was resized, or encoded anew, is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from image_classification.files.paths import is_file
from image_classification.images.store.split import SPLITS
from image_classification.images.store.statistics import index_digest

NONE = "none"
_OF_FILE = "S32"  # of a million files 32 MB


def _no_digests() -> npt.NDArray[np.bytes_]:
    return np.empty(0, dtype=_OF_FILE)


@dataclass(frozen=True)
class TrainingImages:
    """The files of the data that a network was trained on, by their content.

    unknown: Why nothing is known of them; "" where it is.
    sha256: (n,) 32 bytes each, sorted.
    splits: (n,) places in `SPLITS`.
    """

    unknown: str = "nobody has looked"
    sha256: npt.NDArray[np.bytes_] = field(default_factory=_no_digests)
    splits: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))

    def splits_of(self, sha256: pa.ChunkedArray) -> pa.Array:
        """Return the split that has each file, by its digest: "" if none has, null where it is not known."""
        if self.unknown or not len(self.sha256):
            return pa.array([None if self.unknown else ""] * len(sha256), pa.string())
        asked = np.array(sha256.to_pylist(), dtype=_OF_FILE)
        places = np.minimum(np.searchsorted(self.sha256, asked), len(self.sha256) - 1)
        names = np.array([*SPLITS, ""], dtype=object)
        return pa.array(names[np.where(self.sha256[places] == asked, self.splits[places], -1)], pa.string())


def read_training_images(index: Path, digest: str) -> TrainingImages:
    """Return the files that a network was trained on.

    Args:
        index: Where an image index of a folder may be, of whatever images.
        digest: Of the index that the network was trained by.
    """
    if not is_file(index):
        return TrainingImages("there is no image index of a folder in the data folder")
    try:
        table = pd.read_parquet(index, page_checksum_verification=True)
        if not digest or index_digest(table) != digest:
            return TrainingImages(
                "the image index in the data folder is of other images than those of its training, or of "
                "another split"
            )
        table["split"] = _with_copies(table)
        used = table[table["split"].isin(SPLITS)]
        sha256 = np.frombuffer(bytes.fromhex("".join(used["sha256"])), dtype=_OF_FILE)
        splits = used["split"].map(SPLITS.index).to_numpy(dtype=np.int8)
    except Exception:  # what a damaged file leads to is of every kind
        return TrainingImages("the image index in the data folder cannot be read")
    # of a file in several splits the first one counts: what was trained on is not new by being tested on too
    order = np.argsort(splits, kind="stable")
    found, first = np.unique(sha256[order], return_index=True)
    return TrainingImages("", found, splits[order][first])


def _with_copies(table: pd.DataFrame) -> "pd.Series[str]":
    """Return the splits of an index; what was left out is in that of its copies, the training set first."""
    of_copies: dict[int, str] = {}
    used = table[table["split"].isin(SPLITS) & (table["duplicate_group"] >= 0)]
    for split in reversed(SPLITS):
        of_copies |= dict.fromkeys(used.loc[used["split"] == split, "duplicate_group"], split)
    copied = [of_copies.get(group, "") for group in table["duplicate_group"]]
    return table["split"].where(table["split"] != "", copied)


def count_splits(found: Mapping[str, int]) -> dict[str, int]:
    """Return the number of images of each split, and that of `NONE`, from that of each of `splits_of`."""
    return {**{name: found.get(name, 0) for name in SPLITS}, NONE: found.get("", 0)}


def learned_from(splits: Mapping[str, int]) -> int:
    """Return on how many images a network was trained or validated."""
    return splits["train"] + splits["validation"]
