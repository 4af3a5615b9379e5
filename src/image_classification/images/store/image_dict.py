"""The image dict: name -> {label: image}, a view of one contiguous block that may lie in a file."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, SupportsIndex

import torch

from image_classification.value_range import ValueRange


class ImageDict(Mapping[str, dict[int, torch.Tensor]]):
    """A read-only dict of images: `images["train/00017"]` is {label: (C, H, W) uint8}, a view and no copy.

    Attributes:
        images: (N, C, H, W) uint8; memory-mapped where the dict was opened from a store.
        labels: (N,) int64, indices into class_names.
        names: N different names.
        class_names: One name per class.
        given_splits: Per image the split that its source gave it: "train", "validation", "test", "" (none).
        status: Per image "ok", or the reason why it could not be read.
        data_name: Name of the data, for people.
        resize: How images were made to fit: "stretch", "crop" or "letterbox".
        value_range: Which numbers became black and white in images of more than 8 bits a channel; None if
            there were none.
        digest: Identifies the content; equal digests mean equal images.
        path: The store that it was opened from, None if it is in memory only.
        open_store: Opens the store at a path, in another process for example.
    """

    def __init__(
        self,
        *,
        images: torch.Tensor,
        labels: torch.Tensor,
        names: list[str],
        class_names: list[str],
        given_splits: list[str] | None = None,
        status: list[str] | None = None,
        data_name: str = "",
        resize: str = "stretch",
        value_range: ValueRange | None = None,
        digest: str = "",
        path: Path | None = None,
        open_store: Callable[[Path], "ImageDict"] | None = None,
    ) -> None:
        count = len(names)
        self.images = images
        self.labels = labels
        self.names = names
        self.class_names = class_names
        self.given_splits = [""] * count if given_splits is None else given_splits
        self.status = ["ok"] * count if status is None else status
        self.data_name = data_name
        self.resize = resize
        self.value_range = value_range
        self.digest = digest
        self.path = path
        self.open_store = open_store
        lengths = {len(images), len(labels), count, len(self.given_splits), len(self.status)}
        if lengths != {count} or images.dim() != 4:
            raise ValueError(
                f"images {tuple(images.shape)} and what describes them differ in length: {lengths}"
            )

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    def __getitem__(self, name: str) -> dict[int, torch.Tensor]:
        row = self._row_of[name]
        return {int(self.labels[row]): self.images[row]}

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    # the comparison of a mapping would compare every pixel
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        size = "x".join(str(side) for side in self.image_shape)
        return f"<{len(self)} images {size} of {len(self.class_names)} classes ({self.data_name})>"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Send another process the path of the store rather than every pixel."""
        if self.path is None or self.open_store is None:
            return super().__reduce_ex__(protocol)
        return self.open_store, (self.path,)
