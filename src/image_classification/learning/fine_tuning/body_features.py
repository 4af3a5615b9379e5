"""What a body makes of the images of a set: computed in portions, or found in a cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.console import progress_bar
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation import Augmentation
from image_classification.learning.batches import epoch_seed
from image_classification.learning.checkpoints.epoch import AUGMENTATION
from image_classification.learning.device import autocast, choose_device, choose_precision
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.options import TrainingOptions
from image_classification.networks.classifier import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.networks.modules import FeaturesAndHead

IMAGES_AT_ONCE = 128


class BodyFeatures:
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
        self.number_format = choose_precision(options.precision, self._device, classifier)
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
        number_format = self.number_format if is_trained_on else torch.float32
        labels = torch.cat([dataset[indices][1] for indices in _portions(dataset)])
        with autocast(self._device, number_format):
            key = self._key(dataset, digest, number_format, views) if self._cache else ""
            if self._cache and key:
                features = self._completed(
                    cast("ImageTensorDataset", dataset), self._cache, key, views, advance
                )
            else:
                features = self._all_passes(dataset, views, advance)
        return TensorDataset(features, labels)

    def _completed(
        self,
        dataset: ImageTensorDataset,
        cache: FeatureCache,
        key: str,
        views: int,
        advance: Callable[[int], None],
    ) -> Tensor:
        """Take the features of a set from the cache, and put those into it that it lacks."""
        found = cache.get(key)
        rows = dataset.rows
        missing = rows if found is None else rows[~torch.isin(rows, found[0])]
        advance((len(rows) - len(missing)) * (views or 1))
        if len(missing):
            computed = self._all_passes(ImageTensorDataset(dataset.store, missing), views, advance)
            known, features = (missing, computed)
            if found is not None:
                known, features = torch.cat([found[0], missing]), torch.cat([found[1], computed])
            known, order = known.sort()
            features = features[order]
            cache.put(key, known, features)
        else:
            known, features = cast("tuple[Tensor, Tensor]", found)
        return features[torch.searchsorted(known, rows)]

    def _all_passes(self, dataset: TensorDataset, views: int, advance: Callable[[int], None]) -> Tensor:
        """Compute the features (N, ...) of a set, or (N, views, ...)."""
        passes = [self._one_pass(dataset, view, advance) for view in range(1, views + 1) or [None]]
        return torch.stack(passes, dim=1) if views else passes[0]

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
            str(number_format),
            torch.__version__,
            self._device.type,
        ]
        if views and self._augmentation:
            # what is drawn for an image depends on those before it
            rows = hashlib.sha256(dataset.rows.numpy().tobytes()).hexdigest()
            facts += [rows, str(views), str(self._seed), self._augmentation.options.model_dump_json()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _portions(dataset: TensorDataset) -> Sequence[Tensor]:
    return list(torch.arange(len(dataset)).split(IMAGES_AT_ONCE))
