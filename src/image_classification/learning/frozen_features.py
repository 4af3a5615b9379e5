"""Features of a frozen body, computed once instead of in every epoch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.console import console, progress_bar
from image_classification.learning.batches import RESIDENT_BYTES
from image_classification.learning.device import Precision, autocast, choose_device
from image_classification.networks.classifier import Classifier
from image_classification.networks.features_and_head import FeaturesAndHead

IMAGES_AT_ONCE = 128


@contextmanager
def features_once(
    classifier: Classifier,
    sets: Sequence[TensorDataset],
    *,
    device: str = "auto",
    precision: Precision = "auto",
    images_are_needed: bool = False,
) -> Iterator[list[TensorDataset]]:
    """While it lasts, the classifier takes features where it took images, and the sets yielded hold them.

    So whatever is trained is the head alone, and an epoch costs a thousandth of one through the body. The
    classifier stays the same object, with the same names of its weights; afterwards it takes images again.
    Where its body is not frozen, or the features would need more than `RESIDENT_BYTES`, the sets are yielded
    as they are.

    Args:
        classifier: the network, a `FeaturesAndHead` in it for there to be any effect.
        sets: images (C, H, W) uint8 and labels; the first is trained on, the others are evaluated.
        device: where the features are computed; kept on the CPU.
        precision: of the training set's features, as the training loop computes them; the others are
            computed in float32, as evaluation does.
        images_are_needed: something beside the network, such as augmentation or a teacher, works on the
            images of each batch: nothing is computed beforehand.

    Yields:
        For each set one with features (...) float32 and the same labels, in the same order.
    """
    body = classifier.body
    if images_are_needed or not isinstance(body, FeaturesAndHead) or not body.body_is_frozen:
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
    chosen = choose_device(device)
    classifier.to(chosen, memory_format=torch.channels_last)  # type: ignore[call-overload]
    featured = _all_features(classifier, body, sets, chosen, precision)
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
    precision: Precision,
) -> list[TensorDataset]:
    featured = []
    with progress_bar("Features of the frozen body", sum(map(len, sets)), "images") as advance:
        for number, dataset in enumerate(sets):
            features, labels = [], []
            for indices in torch.arange(len(dataset)).split(IMAGES_AT_ONCE):
                images, batch_labels = dataset[indices]
                with autocast(device, precision if number == 0 else "float32"):
                    features.append(_features(classifier, body, images).cpu())  # (B, ...)
                labels.append(batch_labels)
                advance(len(indices))
            featured.append(TensorDataset(torch.cat(features), torch.cat(labels)) if labels else dataset)
    return featured
