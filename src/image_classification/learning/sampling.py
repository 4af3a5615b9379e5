"""Which images an epoch draws, in which order: a function of (seed, epoch) alone."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from image_classification.images.tensor_sets import ImageTensorDataset
from image_classification.learning.batches import epoch_order, epoch_seed
from image_classification.parameters.training import TrainingParameters


def make_order(dataset: TensorDataset, options: TrainingParameters, seed: int) -> Callable[[int], Tensor]:
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
