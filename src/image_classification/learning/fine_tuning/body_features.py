"""What a body makes of the images of a set: computed in portions, or found in a cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.device import autocast
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.looks import Look, Looks
from image_classification.networks.classifier import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.networks.modules import FeaturesAndHead

IMAGES_AT_ONCE = 128
PROGRESS = "Features of the frozen body"


class BodyFeatures:
    """Computes the features of sets by the body of a classifier, or finds them in a cache.

    Args:
        classifier: on the device that computes, with `body` in it.
        body: of which the features are.
        device: where the classifier is; the features are kept on the CPU.
        cache: where features are kept, of sets that know what their images are.
    """

    def __init__(
        self, classifier: Classifier, body: FeaturesAndHead, device: torch.device, cache: FeatureCache | None
    ) -> None:
        self._device = device
        self._through_body = nn.Sequential(classifier.normalise, body.features).eval()
        self._cache = cache

    @cached_property
    def _digest(self) -> str:
        return weights_digest(self._through_body)

    def bytes_of(self, dataset: TensorDataset) -> int:
        """Measure how many bytes the features of an image of this set take; 0 if there are no images."""
        if not len(dataset):
            return 0
        images, _ = dataset[torch.tensor([0])]
        return self._features(images).nbytes

    def is_kept(self, dataset: TensorDataset) -> bool:
        """Tell whether the features of a set are kept from one time to the next."""
        return bool(self._cache and isinstance(dataset, ImageTensorDataset) and dataset.store.digest)

    def of_set(
        self, dataset: TensorDataset, looks: Looks, advance: Callable[[int], None] = lambda _: None
    ) -> Tensor:
        """Return the features of all images of a set: (N, ...), of several looks at each (N, K, ...).

        Args:
            dataset: images (C, H, W) uint8, at least one.
            looks: how they are looked at.
            advance: told of how many looks the features are there.
        """
        with autocast(self._device, looks.number_format):
            if self._cache and self.is_kept(dataset):
                return self._completed(cast("ImageTensorDataset", dataset), self._cache, looks, advance)
            return self._all_passes(dataset, looks, advance)

    def _completed(
        self, dataset: ImageTensorDataset, cache: FeatureCache, looks: Looks, advance: Callable[[int], None]
    ) -> Tensor:
        """Take the features of a set from the cache, and put those into it that it lacks."""
        key = self._key(dataset, looks)
        found = cache.get(key)
        rows = dataset.rows
        missing = rows if found is None else rows[~torch.isin(rows, found[0])]
        advance((len(rows) - len(missing)) * (looks.count or 1))
        if len(missing):
            computed = self._all_passes(ImageTensorDataset(dataset.store, missing), looks, advance)
            known, features = (missing, computed)
            if found is not None:
                known, features = torch.cat([found[0], missing]), torch.cat([found[1], computed])
            known, order = known.sort()
            features = features[order]
            cache.put(key, known, features)
        else:
            known, features = cast("tuple[Tensor, Tensor]", found)
        return features[torch.searchsorted(known, rows)]

    def _all_passes(self, dataset: TensorDataset, looks: Looks, advance: Callable[[int], None]) -> Tensor:
        """Compute the features (N, ...) of a set, or (N, K, ...) of K looks."""
        passes = [self._one_pass(dataset, look, advance) for look in looks.each()]
        return torch.stack(passes, dim=1) if looks.count else passes[0]

    def _one_pass(self, dataset: TensorDataset, look: Look, advance: Callable[[int], None]) -> Tensor:
        """Compute the features (N, ...) of a set whose images are looked at in one way."""
        features = []
        for indices in _portions(dataset):
            features.append(self._features(look(*dataset[indices])).cpu())
            advance(len(indices))
        return torch.cat(features)

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) to features (B, ...) float32, on the device of the classifier."""
        features: Tensor = self._through_body(images.to(self._device))
        return features.float()

    def _key(self, dataset: ImageTensorDataset, looks: Looks) -> str:
        """Return what identifies the features of the images that a set is of."""
        facts = [
            self._digest,
            dataset.store.digest,
            str(looks.number_format),
            torch.__version__,
            self._device.type,
            *looks.facts(dataset.rows),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def labels_of(dataset: TensorDataset) -> Tensor:
    """Return the labels (N,) int64 of a set of images."""
    return torch.cat([dataset[indices][1] for indices in _portions(dataset)])


def _portions(dataset: TensorDataset) -> Sequence[Tensor]:
    return list(torch.arange(len(dataset)).split(IMAGES_AT_ONCE))
