"""Batches: the order of the images in an epoch, and the gathering of each batch by its indices."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from math import ceil
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.device import RESIDENT_BYTES
from image_classification.learning.fine_tuning.freezing import set_training_mode
from image_classification.learning.options import TrainingOptions


def epoch_seed(seed: int, epoch: int, *use: int) -> int:
    """Mix seed and epoch (1, 2, …) into one 63-bit seed, so that neighbours have nothing in common.

    A number for the `use` gives draws of another kind a seed of their own.
    """
    return int(np.random.SeedSequence((seed, epoch, *use)).generate_state(1, np.uint64)[0] >> np.uint64(1))


def epoch_order(num_images: int, seed: int, epoch: int, *, shuffle: bool) -> Tensor:
    """Return the order of the images in one epoch: (num_images,) int64.

    It is a function of (seed, epoch) alone: neither the epochs before, nor the device, nor a resumed run
    change it.
    """
    if not shuffle:
        return torch.arange(num_images)
    return torch.randperm(num_images, generator=torch.Generator().manual_seed(epoch_seed(seed, epoch)))


class Batches:
    """Draws batches of (images, labels) on a device from a `TensorDataset`, whole batches at a time.

    One index gather per batch replaces one Python call per image. On a CPU the rows come straight out of
    the memory map; on an accelerator the set is copied there once where it fits (`RESIDENT_BYTES`). Where it
    does not, and where images are read from the disk, the next batches are gathered while it computes.
    """

    def __init__(
        self, dataset: TensorDataset, batch_size: int, device: torch.device, *, drop_last: bool = False
    ) -> None:
        """Draw from a dataset; `drop_last` leaves out the last batch of an epoch where it is smaller.

        Raises:
            UserError: that leaves no batch at all.
        """
        self.batch_size = batch_size
        self.device = device
        self.num_images = len(dataset)
        if drop_last:
            self.num_images -= self.num_images % batch_size
            if not self.num_images:
                batch_option = TrainingOptions.named("batch_size")
                raise UserError(
                    f"{TrainingOptions.named('drop_last')} leaves no batch: there are {len(dataset)} "
                    f"training images, and {batch_option} is {batch_size}. Make it smaller."
                )
        self._dataset = dataset
        self._order = torch.empty(0, dtype=torch.int64)
        self._resident: tuple[Tensor, Tensor] | None = None
        if device.type != "cpu" and self.num_images:
            image, _ = dataset[0]
            if self.num_images * image.nbytes <= RESIDENT_BYTES:
                images, labels = dataset.tensors
                self._resident = (images.to(device), labels.to(device))

    @property
    def _waits_for_the_disk(self) -> bool:
        return isinstance(self._dataset, ImageTensorDataset) and self._dataset.waits_for_the_disk

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of an image, (C, H, W), or of its features."""
        return tuple(self._dataset[0][0].shape)

    def __len__(self) -> int:
        """Count the batches of an epoch, including the last, which may be smaller."""
        return ceil(self.num_images / self.batch_size)

    def in_order(self, order: Tensor, done: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images (B, C, H, W) uint8 and labels (B,) int64 on the device, in the order given.

        The first `done` batches are left out, as an epoch that is taken up again has seen them.
        """
        self._order = order[: self.num_images]
        order = self._order[done * self.batch_size :]
        if not len(order):
            return  # what is empty would be split into one batch without images
        if self._resident:
            images, labels = self._resident
            for indices in order.to(self.device).split(self.batch_size):
                yield images[indices], labels[indices]
        elif self.device.type == "cpu" and not self._waits_for_the_disk:
            first = int(order[0])
            if torch.equal(order, torch.arange(first, first + len(order))):
                yield from self._in_blocks(first, first + len(order))
                return
            for indices in order.split(self.batch_size):
                yield self._dataset[indices]
        else:
            for images, labels in ahead(self._gather, order.split(self.batch_size)):
                yield images.to(self.device, non_blocking=True), labels.to(self.device, non_blocking=True)

    def _in_blocks(self, first: int, end: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Copy images that lie side by side, which takes a sixth of the time of gathering one by one."""
        for start in range(first, end, self.batch_size):
            yield self._dataset[start : min(start + self.batch_size, end)]

    def names_in(self, batch: int) -> list[str]:
        """Name the images of a batch (0, 1, …) of the order that was asked for last, or say their numbers."""
        indices = self._order[batch * self.batch_size : (batch + 1) * self.batch_size].tolist()
        names = self._dataset.names if isinstance(self._dataset, ImageTensorDataset) else None
        return [names[index] if names else f"number {index}" for index in indices]

    def check_last(self, network: nn.Module) -> None:
        """Check before any work that a last batch of a single image can be learned from.

        Raises:
            UserError: as the network does, for example where batch normalisation would see one value.
        """
        if self.num_images % self.batch_size == 1 or self.batch_size == 1:
            images, _ = next(self.in_order(torch.zeros(1, dtype=torch.int64)))
            devices = [self.device] if self.device.type == "cuda" else []
            with torch.no_grad(), torch.random.fork_rng(devices):
                trained = deepcopy(network)  # the statistics of its batches would change
                set_training_mode(trained)
                try:
                    trained(images)
                except UserError as error:
                    raise UserError(
                        f"{error}\nThe last batch of an epoch has what is left over. Choose another "
                        f"{TrainingOptions.named('batch_size')}, or leave that batch out "
                        f"({TrainingOptions.named('drop_last')}=true)."
                    ) from error

    def _gather(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Gather a batch where the accelerator can fetch it by itself while it computes another one."""
        images, labels = self._dataset[indices]
        if self.device.type in ("cuda", "xpu"):
            return images.pin_memory(), labels.pin_memory()
        return images, labels


Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(function: Callable[[Item], Result], items: Iterable[Item], *, depth: int = 2) -> Iterator[Result]:
    """Yield `function(item)` for each item in order, the next `depth` of them computed by a thread meanwhile.

    An error of the function is raised when its item's turn has come.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            for item in items:
                waiting.append(thread.submit(function, item))
                if len(waiting) > depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def make_order(dataset: TensorDataset, options: TrainingOptions, seed: int) -> Callable[[int], Tensor]:
    """Return the function of the epoch (1, 2, …) that gives the images it draws: (N,) int64."""
    if options.sampler == "balanced":
        labels = labels_of(dataset)
        return lambda epoch: balanced_order(labels, seed, epoch)
    return lambda epoch: epoch_order(len(dataset), seed, epoch, shuffle=options.shuffle)


def balanced_order(labels: Tensor, seed: int, epoch: int) -> Tensor:
    """Draw as many images as there are, with replacement: a class, each as likely, then one of its images.

    Args:
        labels: (N,) int64; a class without images is never drawn.
        seed: with the epoch it decides all draws.
        epoch: 1, 2, …

    Returns:
        (N,) int64.
    """
    generator = torch.Generator().manual_seed(epoch_seed(seed, epoch))
    by_class = labels.argsort(stable=True)  # (N,)
    counts = labels.bincount()
    counts = counts[counts > 0]  # (classes with images,)
    first = counts.cumsum(0) - counts
    drawn = torch.randint(len(counts), labels.shape, generator=generator)
    # float64: a float32 between 0 and 1 cannot tell more than 2²⁴ images apart
    share = torch.rand(labels.shape, generator=generator, dtype=torch.float64)
    return by_class[first[drawn] + (share * counts[drawn]).long()]


def labels_of(dataset: TensorDataset) -> Tensor:
    """Return all labels as class indices, (N,) int64, without gathering any image."""
    labels = dataset.labels[dataset.rows] if isinstance(dataset, ImageTensorDataset) else dataset.tensors[1]
    return labels if labels.ndim == 1 else labels.argmax(dim=1)
