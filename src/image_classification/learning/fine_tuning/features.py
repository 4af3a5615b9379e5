"""The features of a frozen body, computed once for all epochs, and kept for the next training."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.console import console, progress_bar
from image_classification.errors import UserError
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation import Augmentation
from image_classification.learning.batches import epoch_seed
from image_classification.learning.checkpoints.epoch import AUGMENTATION
from image_classification.learning.device import RESIDENT_BYTES, autocast, choose_device, choose_precision
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.loop import Augment
from image_classification.learning.losses import Loss
from image_classification.learning.options import TrainingOptions
from image_classification.networks.classifier import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.networks.modules import FeaturesAndHead

IMAGES_AT_ONCE = 128


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
            Where images are augmented, the number of views of each.
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
    source = _Features(classifier, body, options, augmentation, seed, cache)
    needed = source.bytes_needed(sets)
    if needed > RESIDENT_BYTES:
        console.print(
            f"The features of the frozen body would take {needed / 1024**3:.1f} GiB of memory: "
            "they are computed anew in every epoch."
        )
        yield as_it_is
        return
    featured = source.of_all(sets)
    normalise, features = classifier.normalise, body.features
    classifier.normalise = body.features = cast("nn.Module", nn.Identity())  # type: ignore[assignment]
    try:
        yield TrainedOn(featured, _pick_views if augmentation else None)
    finally:
        classifier.normalise, body.features = normalise, features


def _pick_views(images: Tensor, labels: Tensor, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw one of the views of each image: (B, views, ...) to (B, ...)."""
    drawn = torch.randint(images.shape[1], (len(images),), generator=generator).to(images.device)
    return images[torch.arange(len(images), device=images.device), drawn], labels


class _Features:
    """Computes the features of sets by the body of a classifier, or finds them in a cache."""

    def __init__(
        self,
        classifier: Classifier,
        body: FeaturesAndHead,
        options: TrainingOptions,
        augmentation: Augmentation | None,
        seed: int,
        cache: FeatureCache | None,
    ) -> None:
        self._device = choose_device(options.device)
        classifier.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._through_body = nn.Sequential(classifier.normalise, body.features).eval()
        self._format = choose_precision(options.precision, self._device, classifier)
        self._augmentation = augmentation
        self._views = options.fine_tuning.views if augmentation else 0
        self._seed = seed
        self._cache = cache

    def bytes_needed(self, sets: Sequence[TensorDataset]) -> int:
        """Measure on one image how many bytes the features of all sets take."""
        filled = next((dataset for dataset in sets if len(dataset)), None)
        if filled is None:
            return 0
        images, _ = filled[torch.tensor([0])]
        counts = [len(dataset) for dataset in sets]
        return self._features(images).nbytes * (sum(counts) + counts[0] * max(self._views - 1, 0))

    def of_all(self, sets: Sequence[TensorDataset]) -> list[TensorDataset]:
        """Return sets of features; of the first, which is trained on, with several views if asked for."""
        digest = weights_digest(self._through_body) if self._cache else ""
        counts = [len(dataset) for dataset in sets]
        total = sum(counts) + counts[0] * max(self._views - 1, 0)
        with progress_bar("Features of the frozen body", total, "images") as advance:
            return [
                self._of_set(dataset, digest, advance, is_trained_on=number == 0)
                for number, dataset in enumerate(sets)
            ]

    def _of_set(
        self, dataset: TensorDataset, digest: str, advance: Callable[[int], None], *, is_trained_on: bool
    ) -> TensorDataset:
        if not len(dataset):
            return dataset
        views = self._views if is_trained_on else 0
        number_format = self._format if is_trained_on else torch.float32
        labels = torch.cat([dataset[indices][1] for indices in _portions(dataset)])
        key = self._key(dataset, digest, number_format, views)
        kept = self._cache.get(key) if self._cache and key else None
        if kept is not None and len(kept) == len(dataset):
            advance(len(dataset) * (views or 1))
            return TensorDataset(kept, labels)
        with autocast(self._device, number_format):
            passes = [self._one_pass(dataset, view, advance) for view in range(1, views + 1) or [None]]
        features = torch.stack(passes, dim=1) if views else passes[0]  # (N, views, ...) or (N, ...)
        if self._cache and key:
            self._cache.put(key, features)
        return TensorDataset(features, labels)

    def _one_pass(self, dataset: TensorDataset, view: int | None, advance: Callable[[int], None]) -> Tensor:
        """Compute the features (N, ...) of a set; of a view those of images varied as in that epoch."""
        generator = torch.Generator().manual_seed(epoch_seed(self._seed, view or 0, AUGMENTATION))
        features = []
        for indices in _portions(dataset):
            images, labels = dataset[indices]
            if view is not None and self._augmentation:
                images, _ = self._augmentation(images, labels, num_classes=0, generator=generator)
            features.append(self._features(images).cpu())
            advance(len(indices))
        return torch.cat(features)

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) to features (B, ...) float32, on the device of the classifier."""
        features: Tensor = self._through_body(images.to(self._device))
        return features.float()

    def _key(self, dataset: TensorDataset, digest: str, number_format: torch.dtype, views: int) -> str:
        """Return what identifies the features of a set, "" if nobody knows what its images are."""
        if not isinstance(dataset, ImageTensorDataset) or not dataset.store.digest:
            return ""
        facts = [
            digest,
            dataset.store.digest,
            hashlib.sha256(dataset.rows.numpy().tobytes()).hexdigest(),
            str(number_format),
            torch.__version__,
            self._device.type,
        ]
        if views and self._augmentation:
            facts += [str(views), str(self._seed), self._augmentation.options.model_dump_json()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _portions(dataset: TensorDataset) -> Sequence[Tensor]:
    return list(torch.arange(len(dataset)).split(IMAGES_AT_ONCE))
