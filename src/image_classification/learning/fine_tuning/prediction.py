"""What a network says of the images of a set, as they are and in views, by kept features where it can."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from image_classification.console import progress_bar
from image_classification.learning.device import RESIDENT_BYTES
from image_classification.learning.fine_tuning.body_features import PROGRESS, BodyFeatures, labels_of
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.looks import Looks, ViewLooks
from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.views import mean_of, views_of
from image_classification.networks.classifier import Classifier, batches_of
from image_classification.networks.modules import FeaturesAndHead

_FEATURES_AT_ONCE = 4096


class Predicted(NamedTuple):
    """Of N images, on the CPU.

    logits: of the images as they are, (N, classes) float32.
    seen: whose softmax is the mean over the image and its views, (N, classes) float32; without views, logits.
    labels: (N,) int64.
    """

    logits: Tensor
    seen: Tensor
    labels: Tensor


@torch.inference_mode()
def predict(
    network: Classifier,
    dataset: TensorDataset,
    views: Sequence[View] = (),
    *,
    batch_size: int,
    device: torch.device,
    cache: FeatureCache | None = None,
) -> Predicted:
    """Classify all images of a set, in evaluation mode and float32.

    Args:
        network: moved to the device; left in the mode in which it came.
        dataset: images (C, H, W) uint8 and labels.
        views: in which the images are seen as well.
        batch_size: images that are classified at once.
        device: where it computes.
        cache: where the features of a frozen body are kept for the next time, of sets that know what their
            images are.
    """
    # channels last, as in training: convolutions take half the time
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    was_training = network.training
    network.eval()
    try:
        each = _of_features(network, dataset, views, device, cache)
        if each is None:
            each = _of_images(network, dataset, views, batch_size, device)
    finally:
        network.train(was_training)
    return Predicted(each[0], mean_of(each) if views else each[0], labels_of(dataset))


def _of_images(
    network: Classifier, dataset: TensorDataset, views: Sequence[View], batch_size: int, device: torch.device
) -> list[Tensor]:
    """Return the logits (N, classes) of each view, the images as they are first."""
    batches = []
    for batch, _ in batches_of(dataset, batch_size, device):
        images = batch.to(device, non_blocking=True)
        batches.append([network(view).float() for view in views_of(images, views)])
    return [torch.cat(view).cpu() for view in zip(*batches, strict=True)]


def _of_features(
    network: Classifier,
    dataset: TensorDataset,
    views: Sequence[View],
    device: torch.device,
    cache: FeatureCache | None,
) -> list[Tensor] | None:
    """Return the same by features that are kept; None where the body is not frozen, or nothing is kept."""
    body = network.body
    if cache is None or not isinstance(body, FeaturesAndHead) or not body.body_is_frozen:
        return None
    source = BodyFeatures(network, body, device, cache)
    looks = [Looks(), *map(ViewLooks.of, views)]
    total = len(dataset) * sum(each.count or 1 for each in looks)
    if not source.is_kept(dataset) or not 0 < source.bytes_of(dataset) * total <= RESIDENT_BYTES:
        return None
    with progress_bar(PROGRESS, total, "images") as advance:
        features = [source.of_set(dataset, each, advance) for each in looks]
    plain, *seen = features
    alike = [plain, *(part for of_view in seen for part in of_view.unbind(dim=1))]
    return [
        torch.cat([body.head(part.to(device)).float().cpu() for part in each.split(_FEATURES_AT_ONCE)])
        for each in alike
    ]
