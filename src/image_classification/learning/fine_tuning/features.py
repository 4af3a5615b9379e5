"""The features of a frozen body, computed once for all epochs, and kept for the next training."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.console import console, progress_bar
from image_classification.errors import UserError
from image_classification.learning.augmentation import Augmentation
from image_classification.learning.device import RESIDENT_BYTES, choose_device, choose_precision
from image_classification.learning.fine_tuning.body_features import PROGRESS, BodyFeatures, labels_of
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.head_start import fit_last_layer, last_layer
from image_classification.learning.fine_tuning.looks import DrawnLooks, Looks
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.loop import Augment
from image_classification.learning.losses import Loss
from image_classification.learning.options import TrainingOptions
from image_classification.networks.classifier import Classifier
from image_classification.networks.modules import FeaturesAndHead


@dataclass(frozen=True)
class TrainedOn:
    """What a network is trained on: images, or their features.

    sets: the first is trained on, the others are evaluated.
    augment: what varies a batch of it; None: nothing.
    """

    sets: list[TensorDataset]
    augment: Augment | None


@contextmanager
def features_once(
    classifier: Classifier,
    sets: Sequence[TensorDataset],
    *,
    criterion: Loss,
    options: TrainingOptions,
    augmentation: Augmentation | None = None,
    num_classes: int = 0,
    seed: int = 0,
    cache: FeatureCache | None = None,
) -> Iterator[TrainedOn]:
    """Within the block let the classifier take features instead of images, and yield sets of them.

    So the head alone is trained, and an epoch costs a thousandth of one through the body. The sets are
    yielded as they are where the body is not frozen, where something beside the network works on the images
    of each batch, and where the features would need more than `RESIDENT_BYTES`.

    Args:
        classifier: the network, a `FeaturesAndHead` in it for there to be any effect.
        sets: images (C, H, W) uint8 and labels; the first is trained on, the others are evaluated.
        criterion: the loss; a teacher in it sees the images.
        options: the device that computes the features (they are kept on the CPU); the precision of the
            training set's (the others are float32); of augmented images the number of views of each.
        augmentation: how the training images vary; None: not at all.
        num_classes: number of classes, for the augmentation.
        seed: of what is drawn for the views.
        cache: where features are kept between trainings, for sets that know what their images are.

    Yields:
        For each set one with features (...) float32 and the same labels, in the same order; of augmented
        images with several views each, one of which is drawn for every batch.

    Raises:
        UserError: images are to be mixed, and views do not allow that.
    """
    body, views = classifier.body, options.fine_tuning.views
    as_it_is = TrainedOn(list(sets), partial(augmentation, num_classes=num_classes) if augmentation else None)
    # patterns of names to be frozen may name weights of the body, which would not be found meanwhile
    needs_images = bool(options.freeze) or criterion.needs_images or (augmentation is not None and not views)
    if needs_images or not isinstance(body, FeaturesAndHead) or not body.body_is_frozen:
        yield as_it_is
        return
    if augmentation and (augmentation.options.mixup or augmentation.options.cutmix):
        raise UserError(
            f"{FineTuningOptions.named('views')} varies each image by itself, and mixup and cutmix mix those "
            "of a batch: leave them at 0, or the views."
        )
    device = choose_device(options.device)
    classifier.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    source = BodyFeatures(classifier, body, device, cache)
    number_format = choose_precision(options.precision, device, classifier)
    first = (
        DrawnLooks(number_format, views, augmentation=augmentation, seed=seed)
        if augmentation
        else Looks(number_format)
    )
    featured = _of_all(source, sets, [first, *[Looks()] * (len(sets) - 1)])
    if featured is None:
        yield as_it_is
        return
    normalise, features = classifier.normalise, body.features
    take_features(classifier)
    try:
        yield TrainedOn(featured, pick_views if augmentation else None)
    finally:
        classifier.normalise, body.features = normalise, features


def take_features(classifier: Classifier) -> None:
    """Let a classifier of a body and a head take features instead of images from now on."""
    body = cast("FeaturesAndHead", classifier.body)
    classifier.normalise = body.features = cast("nn.Module", nn.Identity())  # type: ignore[assignment]


def takes_features(classifier: Classifier) -> bool:
    """Tell whether a classifier takes features instead of images."""
    return isinstance(classifier.normalise, nn.Identity)


def _of_all(
    source: BodyFeatures, sets: Sequence[TensorDataset], looks: Sequence[Looks]
) -> list[TensorDataset] | None:
    """Return sets of features and labels; None, and say so, where they would take too much memory."""
    total = sum(len(dataset) * (each.count or 1) for dataset, each in zip(sets, looks, strict=True))
    filled = next((dataset for dataset in sets if len(dataset)), sets[0])
    needed = source.bytes_of(filled) * total
    if needed > RESIDENT_BYTES:
        console.print(
            f"The features of the frozen body would take {needed / 1024**3:.1f} GiB of memory: "
            "they are computed anew in every epoch."
        )
        return None
    with progress_bar(PROGRESS, total, "images") as advance:
        return [
            TensorDataset(source.of_set(dataset, each, advance), labels_of(dataset))
            if len(dataset)
            else dataset
            for dataset, each in zip(sets, looks, strict=True)
        ]


def start_head(
    classifier: Classifier,
    dataset: TensorDataset,
    options: TrainingOptions,
    cache: FeatureCache | None = None,
) -> None:
    """Fit the last layer to the features of a set, as they are before the training.

    Raises:
        UserError: the network has no body beside one linear last layer.
    """
    layer = last_layer(classifier)
    body = cast("FeaturesAndHead", classifier.body)
    device = choose_device(options.device)
    classifier.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with progress_bar(PROGRESS, len(dataset), "images") as advance:
        features = BodyFeatures(classifier, body, device, cache).of_set(dataset, Looks(), advance)
    fit_last_layer(layer, features, labels_of(dataset))


def pick_views(images: Tensor, labels: Tensor, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw one of the views of each image: (B, views, ...) to (B, ...)."""
    drawn = torch.randint(images.shape[1], (len(images),), generator=generator).to(images.device)
    return images[torch.arange(len(images), device=images.device), drawn], labels
