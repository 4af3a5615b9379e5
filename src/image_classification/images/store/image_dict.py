"""The image dict: name -> {label: image}, a view of one contiguous block that may lie in a file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, SupportsIndex

import torch

from image_classification.images.store.first_look import ChannelSums, FirstLook
from image_classification.images.store.rows_in_file import RowsInFile
from image_classification.value_range import ValueRange


@dataclass(kw_only=True, repr=False, eq=False)
class ImageDict(Mapping[str, dict[int, torch.Tensor]]):
    """A read-only dict of images: `images["train/00017"]` is {label: (C, H, W) uint8}, a view, not a copy.

    Attributes:
        images: (N, C, H, W) uint8; memory-mapped where the dict was opened from a store.
        labels: (N,) int64, indices into class_names.
        names: N different names.
        class_names: One name per class.
        given_splits: Per image the split that its source gave it: "train", "validation", "test" or, as is the
            default, "" (none).
        status: Per image "ok", the default, or the reason why it could not be read.
        data_name: Name of the data, for people.
        resize: How images were made to fit: "stretch", "crop" or "letterbox".
        interpolation: How they were resized: "bilinear" or "bicubic".
        value_range: Which numbers became black and white in images of more than 8 bits a channel; None if
            there were none.
        digest: Identifies the content, whatever has made it; equal digests mean equal images.
        path: The store that it was opened from; None if it is in memory only.
        open_store: Opens the store at a path, for example in another process.
        rows_in_file: Reads images from the store, where it is too large to stay in memory.
        look: What was seen of the images when this process wrote them; None if it did not.
    """

    images: torch.Tensor
    labels: torch.Tensor
    names: list[str]
    class_names: list[str]
    given_splits: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    data_name: str = ""
    resize: str = "stretch"
    interpolation: str = "bilinear"
    value_range: ValueRange | None = None
    digest: str = ""
    path: Path | None = None
    open_store: Callable[[Path], "ImageDict"] | None = None
    rows_in_file: RowsInFile | None = None
    look: FirstLook | None = None

    def __post_init__(self) -> None:
        count = len(self.names)
        self.given_splits = self.given_splits or [""] * count
        self.status = self.status or ["ok"] * count
        lengths = {len(self.images), len(self.labels), count, len(self.given_splits), len(self.status)}
        if lengths != {count} or self.images.dim() != 4:
            raise ValueError(
                f"images {tuple(self.images.shape)} and what describes them differ in length: {lengths}"
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

    # two mappings are compared by their content: here by every pixel
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        size = "x".join(str(side) for side in self.image_shape)
        return f"<{len(self)} images {size} of {len(self.class_names)} classes ({self.data_name})>"

    def gather(self, rows: torch.Tensor) -> torch.Tensor:
        """Copy the images of rows (n,) int64: (n, C, H, W) uint8."""
        return self.rows_in_file.read(rows) if self.rows_in_file else self.images[rows]

    @cached_property
    def channel_sums(self) -> ChannelSums:
        """The sums of the values of each channel of images, and of their squares."""
        return ChannelSums(self.images, self.look)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Send other processes the path of the store, not every pixel."""
        if self.path is None or self.open_store is None:
            return super().__reduce_ex__(protocol)
        return self.open_store, (self.path,)
