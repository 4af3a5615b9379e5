"""A split of the images as a torch dataset that holds row numbers, not images."""

from collections.abc import Sequence
from typing import Any, SupportsIndex

import pandas as pd
import torch
from torch.utils.data import TensorDataset

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import SPLITS
from image_classification.images.store.statistics import check_index


class ImageTensorDataset(TensorDataset):
    """The images and labels of some rows of an image dict, copied only when they are asked for.

    `dataset[i]` is (image (C, H, W) uint8, label int64); `dataset[indices]`, with a list or tensor of
    indices or a slice, gathers just these: (images (n, C, H, W), labels (n,)). So a batch costs one copy of
    itself, where `torch.utils.data.Subset` calls Python for every image. (Give index lists to a DataLoader by
    `sampler=BatchSampler(...), batch_size=None`.)

    Attributes:
        store: The image dict.
        images: (N_all, C, H, W) uint8, all images of the store, memory-mapped.
        labels: (N_all,) int64, all labels of the store.
        rows: (n,) int64, the rows that this dataset consists of.
    """

    def __init__(self, store: ImageDict, rows: torch.Tensor) -> None:
        # TensorDataset.__init__ would set `tensors`, which here are gathered on demand
        if rows.dim() != 1 or rows.dtype != torch.int64:
            raise ValueError(f"rows are (n,) int64, not {tuple(rows.shape)} {rows.dtype}")
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(store):
            raise ValueError(f"rows {int(rows.min())} to {int(rows.max())} of {len(store)} images")
        self.store = store
        self.images = store.images
        self.labels = store.labels
        self.rows = rows
        self._first = int(rows[0]) if len(rows) else 0
        self._is_block = bool(torch.equal(rows, torch.arange(self._first, self._first + len(rows))))

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
        """Copy all images (n, C, H, W) uint8 and labels (n,) int64 of this dataset."""
        return self.store.gather(self.rows), self.labels[self.rows]

    @property
    def waits_for_the_disk(self) -> bool:
        """Whether images are read when they are asked for, as not all of them fit into memory."""
        return self.store.rows_in_file is not None

    @property
    def names(self) -> list[str]:
        """Return the names of the images of this dataset, in its order."""
        return [self.store.names[row] for row in self.rows.tolist()]

    @property
    def class_names(self) -> list[str]:
        """Return the names of the classes, in the order of the labels."""
        return self.store.class_names

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice | Sequence[int] | torch.Tensor) -> tuple[torch.Tensor, ...]:
        if isinstance(index, slice) and self._is_block and not self.waits_for_the_disk:
            start, end, step = index.indices(len(self))
            block = slice(self._first + start, self._first + end, step)
            return self.images[block].clone(), self.labels[block].clone()
        rows = self.rows[index]
        if rows.dim() == 0:
            return self.images[rows], self.labels[rows]
        return self.store.gather(rows), self.labels[rows]

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return ImageTensorDataset, (self.store, self.rows)


def make_tensor_sets(images: ImageDict, image_index: pd.DataFrame) -> dict[str, ImageTensorDataset]:
    """Make the dataset of each split, possibly empty: "train", "validation", "test".

    Raises:
        UserError: The index is that of other images.
    """
    split = check_index(images, image_index)["split"].to_numpy()
    return {
        name: ImageTensorDataset(images, torch.from_numpy((split == name).nonzero()[0])) for name in SPLITS
    }
