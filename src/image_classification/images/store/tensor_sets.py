"""A split of the images as a torch dataset that holds row numbers, not images; a picture of some images."""

import io
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageDraw
from torch.utils.data import TensorDataset

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import SPLITS
from image_classification.images.store.statistics import check_index


class ImageTensorDataset(TensorDataset):
    """The images and labels of some rows of an image dict, copied only when they are asked for.

    `dataset[i]` is (image (C, H, W) uint8, label int64); `dataset[indices]`, with a list or tensor of
    indices, gathers just these: (images (n, C, H, W), labels (n,)). So a batch costs one copy of itself,
    where `torch.utils.data.Subset` calls Python for every image. (Give index lists to a DataLoader by
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

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
        """Copy all images (n, C, H, W) uint8 and labels (n,) int64 of this dataset."""
        return self.images[self.rows], self.labels[self.rows]

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

    def __getitem__(self, index: int | Sequence[int] | torch.Tensor) -> tuple[torch.Tensor, ...]:
        rows = self.rows[index]
        return self.images[rows], self.labels[rows]

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


_PER_CLASS = 10
_CLASSES = 20
_SIDE = 56
_MARGIN = 4
_LABEL_WIDTH = 110


def image_grid_png(
    images: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor, class_names: list[str]
) -> bytes:
    """Draw the first ten images of each of the first twenty classes as a PNG, one line per class.

    Args:
        images: (N, C, H, W) uint8, one or three channels.
        labels: (N,) int64.
        rows: (n,) int64, the images to choose from.
        class_names: One per class, at the beginning of its line.
    """
    shown = class_names[:_CLASSES]
    step = _SIDE + _MARGIN
    grid = Image.new("RGB", (_LABEL_WIDTH + _PER_CLASS * step, max(len(shown), 1) * step + _MARGIN), "white")
    draw = ImageDraw.Draw(grid)
    labels_of_rows = labels[rows]
    for line, name in enumerate(shown):
        top = _MARGIN + line * step
        draw.text((_MARGIN, top + _SIDE // 2 - 6), name[:16], fill="black")
        for column, row in enumerate(rows[labels_of_rows == line][:_PER_CLASS].tolist()):
            grid.paste(_thumbnail(images[row]), (_LABEL_WIDTH + column * step, top))
    file = io.BytesIO()
    grid.save(file, format="PNG")
    return file.getvalue()


def _thumbnail(image: torch.Tensor) -> Image.Image:
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())  # (H, W, C)
    picture = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).convert("RGB")
    scale = _SIDE / max(picture.size)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BILINEAR)
