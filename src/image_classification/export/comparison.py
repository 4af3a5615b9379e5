"""The network in floats and in 8 bits, side by side: accuracy and speed."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor

from image_classification.errors import UserError
from image_classification.export.options import Int8Options
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.words import count_of

Run = Callable[[Tensor], Tensor]


class Int8Images(NamedTuple):
    """Images for the network in 8 bits; no test image is among them.

    calibration: (N, C, H, W) uint8, training images that find the ranges.
    compared: images and labels on which the accuracies are compared.
    compared_on: which images these are.
    """

    calibration: Tensor
    compared: ImageTensorDataset
    compared_on: str


def int8_images(
    train_set: ImageTensorDataset, validation_set: ImageTensorDataset, options: Int8Options
) -> Int8Images:
    """Choose images: evenly spread over the sets, which are in the order of their sources.

    Raises:
        UserError: there are too few training images.
    """
    if not len(train_set) or (not len(validation_set) and len(train_set) < 2):
        raise UserError(
            f"The format onnx_int8 finds its ranges on training images, and there is "
            f"{count_of(len(train_set), 'training image')}, beside "
            f"{count_of(len(validation_set), 'validation image')}.\nLeave it out of the formats."
        )
    if len(validation_set):
        places = evenly(len(train_set), options.calibration_images)
        compared = _part(validation_set, evenly(len(validation_set), options.comparison_images))
        words = count_of(len(compared), "validation image")
        return Int8Images(train_set[places][0], compared, words)
    places = evenly(len(train_set), min(options.calibration_images, len(train_set) // 2))
    others = torch.ones(len(train_set), dtype=torch.bool)
    others[places] = False
    left = others.nonzero().flatten()
    compared = _part(train_set, left[evenly(len(left), options.comparison_images)])
    words = f"{count_of(len(compared), 'training image')} that found no ranges, for want of validation images"
    return Int8Images(train_set[places][0], compared, words)


def _part(images: ImageTensorDataset, places: Tensor) -> ImageTensorDataset:
    return ImageTensorDataset(images.store, images.rows[places])


def evenly(total: int, most: int) -> Tensor:
    """Return whole numbers from 0 to total - 1, all of them or as many as are wanted, evenly spread."""
    return torch.arange(min(total, most)) * total // max(min(total, most), 1)


def accuracy_of(run: Run, images: ImageTensorDataset, batch_size: int) -> float:
    """Return the share of the images that are classified rightly; a batch of them is in memory at once."""
    right = 0
    for places in torch.arange(len(images)).split(batch_size):
        batch, labels = images[places]
        right += int((run(batch).argmax(dim=1) == labels).sum())
    return right / len(images)


def images_a_second(runs: Sequence[Run], images: Tensor, repeats: int) -> list[float]:
    """Measure the speed of several, in turn so that what else the machine does meets all of them.

    Args:
        runs: what is measured.
        images: a batch.
        repeats: of which the median counts; each is a hundredth of a second at least.
    """
    times = [_calls_in_a_moment(run, images) for run in runs]
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, calls, measured in zip(runs, times, seconds, strict=True):
            started = time.perf_counter()
            for _ in range(calls):
                run(images)
            measured.append((time.perf_counter() - started) / calls)
    return [len(images) / median(each) for each in seconds]


def _calls_in_a_moment(run: Run, images: Tensor) -> int:
    run(images)  # a first call sets things up
    started = time.perf_counter()
    run(images)
    return max(1, round(0.01 / max(time.perf_counter() - started, 1e-6)))
