"""Keeping a part of a network as it is while the rest learns; features of a frozen body, computed once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import TensorDataset

from image_classification.console import console, progress_bar
from image_classification.errors import UserError
from image_classification.learning.device import RESIDENT_BYTES, autocast, choose_device, choose_precision
from image_classification.learning.losses import Loss
from image_classification.learning.options import TrainingOptions
from image_classification.networks.classifier import Classifier
from image_classification.networks.modules import FeaturesAndHead


def freeze(network: nn.Module, patterns: Sequence[str]) -> None:
    """Leave the parameters whose names fit one of the patterns (`body.features.*`) out of the training.

    Raises:
        UserError: a pattern fits no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UserError(
                f"{TrainingOptions.named('freeze')} names '{pattern}', which fits no parameter of the "
                f"network; it has: {', '.join(names)}. An asterisk stands for any characters."
            )
    for name, parameter in network.named_parameters():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            parameter.requires_grad = False


def set_training_mode(network: nn.Module) -> None:
    """Put the network into training mode, except for frozen batch normalisations.

    Their statistics belong to the weights that they were learnt with, and would move with every batch.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            parameters = list(module.parameters(recurse=False))
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()


IMAGES_AT_ONCE = 128


@contextmanager
def features_once(
    classifier: Classifier,
    sets: Sequence[TensorDataset],
    *,
    criterion: Loss,
    options: TrainingOptions,
    augmented: bool = False,
) -> Iterator[list[TensorDataset]]:
    """Within the block let the classifier take features instead of images, and yield sets of them.

    So whatever is trained is the head alone, and an epoch costs a thousandth of one through the body. The
    classifier stays the same object, with the same names of its weights; afterwards it takes images again.
    The sets are yielded as they are where the body is not frozen, where something beside the network works on
    the images of each batch, and where the features would need more than `RESIDENT_BYTES`.

    Args:
        classifier: the network, a `FeaturesAndHead` in it for there to be any effect.
        sets: images (C, H, W) uint8 and labels; the first is trained on, the others are evaluated.
        criterion: the loss; a teacher in it sees the images.
        options: the device that computes the features (they are kept on the CPU), and the precision of the
            training set's, as in the training loop; the others are computed in float32, as evaluation does.
        augmented: whether the images vary from epoch to epoch.

    Yields:
        For each set one with features (...) float32 and the same labels, in the same order.
    """
    body = classifier.body
    # patterns of names to be frozen may name weights of the body, which would not be found meanwhile
    needs_images = augmented or bool(options.freeze) or criterion.needs_images
    if needs_images or not isinstance(body, FeaturesAndHead) or not body.body_is_frozen:
        yield list(sets)
        return
    needed = _bytes_needed(classifier, body, sets)
    if needed > RESIDENT_BYTES:
        console.print(
            f"The features of the frozen body would take {needed / 1024**3:.1f} GiB of memory: "
            "they are computed anew in every epoch."
        )
        yield list(sets)
        return
    device = choose_device(options.device)
    classifier.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    number_format = choose_precision(options.precision, device, classifier)
    featured = _all_features(classifier, body, sets, device, number_format)
    normalise, features = classifier.normalise, body.features
    classifier.normalise = body.features = cast("nn.Module", nn.Identity())  # type: ignore[assignment]
    try:
        yield featured
    finally:
        classifier.normalise, body.features = normalise, features


def _bytes_needed(classifier: Classifier, body: FeaturesAndHead, sets: Sequence[TensorDataset]) -> int:
    """Measure on one image how many bytes the features of all sets take."""
    filled = next((dataset for dataset in sets if len(dataset)), None)
    if filled is None:
        return 0
    images, _ = filled[torch.tensor([0])]
    return _features(classifier, body, images).nbytes * sum(map(len, sets))


@torch.no_grad()
def _features(classifier: Classifier, body: FeaturesAndHead, images: Tensor) -> Tensor:
    """Map images (B, C, H, W) uint8 to features (B, ...) float32, on the device of the classifier."""
    device = classifier.normalise.mean.device
    features: Tensor = body.features(classifier.normalise(images.to(device)))
    return features.float()


def _all_features(
    classifier: Classifier,
    body: FeaturesAndHead,
    sets: Sequence[TensorDataset],
    device: torch.device,
    number_format: torch.dtype,
) -> list[TensorDataset]:
    featured = []
    with progress_bar("Features of the frozen body", sum(map(len, sets)), "images") as advance:
        for number, dataset in enumerate(sets):
            features, labels = [], []
            for indices in torch.arange(len(dataset)).split(IMAGES_AT_ONCE):
                images, batch_labels = dataset[indices]
                with autocast(device, number_format if number == 0 else torch.float32):
                    features.append(_features(classifier, body, images).cpu())  # (B, ...)
                labels.append(batch_labels)
                advance(len(indices))
            featured.append(TensorDataset(torch.cat(features), torch.cat(labels)) if labels else dataset)
    return featured
