"""Features of a frozen body, computed once instead of in every epoch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.console import console, progress_bar
from image_classification.learning.batches import RESIDENT_BYTES
from image_classification.learning.device import choose_device
from image_classification.learning.losses import Loss
from image_classification.learning.options import TrainingOptions
from image_classification.learning.precision import autocast, choose_precision
from image_classification.networks.classifier import Classifier
from image_classification.networks.features_and_head import FeaturesAndHead

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
    """While it lasts, the classifier takes features where it took images, and the sets yielded hold them.

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
    """How much memory the features of all sets take: measured on one image."""
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
