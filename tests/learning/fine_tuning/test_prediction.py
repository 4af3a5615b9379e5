"""Images of a set are classified as they are and in views; a frozen body sees each of them once, ever."""

import pytest
import torch
from tests.learning.fine_tuning.test_frozen_features_are_computed_once import images_through, with_body
from torch.utils.data import TensorDataset

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.networks.answers.views import seen_in

CPU = torch.device("cpu")
VIEWS = [(), ("horizontal_flip",), ("horizontal_flip", "vertical_flip"), ("horizontal_flip", "crops")]


def image_set(bright_or_dark, rows, digest="d"):
    images, labels = bright_or_dark.tensors
    names = [str(number) for number in range(len(images))]
    store = ImageDict(
        images=images, labels=labels, names=names, class_names=["dark", "bright"], digest=digest
    )
    return ImageTensorDataset(store, torch.tensor(rows, dtype=torch.int64))


def expected(network, dataset, views):
    network.eval()
    images, labels = dataset[torch.arange(len(dataset))]
    with torch.inference_mode():
        return network(images), seen_in(network, views)(images), labels


@pytest.mark.parametrize("views", VIEWS)
@pytest.mark.parametrize("freeze_body", [True, False])
@pytest.mark.parametrize("is_kept", [True, False])
def test_it_says_what_the_network_says(classifier, bright_or_dark, tmp_path, views, freeze_body, is_kept):
    network = with_body(classifier, freeze_body=freeze_body).train()
    dataset = image_set(bright_or_dark, [5, 2, 90, 17, 33, 8, 51], digest="d" if is_kept else "")

    cache = FeatureCache(tmp_path)
    found = [predict(network, dataset, views, batch_size=3, device=CPU, cache=cache) for _ in range(2)]

    assert network.training
    for each in found:
        for tensor, wanted in zip(each, expected(network, dataset, views), strict=True):
            torch.testing.assert_close(tensor.double(), wanted.double(), rtol=1e-5, atol=1e-5)
    assert all(map(torch.equal, *found))


@pytest.mark.parametrize(("views", "looks"), [((), 1), (("vertical_flip",), 2), (("crops",), 6)])
def test_a_frozen_body_sees_an_image_once(classifier, bright_or_dark, tmp_path, views, looks):
    network, cache = with_body(classifier), FeatureCache(tmp_path)
    sizes = images_through(network.body.features)

    def seen_for(rows, **changed):
        sizes.clear()
        dataset = image_set(bright_or_dark, rows, **changed)
        predict(network, dataset, views, batch_size=3, device=CPU, cache=cache)
        return sum(sizes) - 1  # one measures how much memory is needed

    assert seen_for([1, 2, 3, 4]) == 4 * looks
    assert seen_for([4, 1]) == 0
    assert seen_for([4, 1, 9]) == looks  # the one that is new
    with torch.no_grad():
        network.body.head[-1].weight.add_(1)  # another head, the same body
    assert seen_for([1, 2, 3, 4, 9]) == 0
    assert seen_for([1, 2], digest="other images") == 2 * looks
    with torch.no_grad():
        network.body.features[0].weight.add_(1)
    assert seen_for([1, 2]) == 2 * looks


@pytest.mark.parametrize("freeze_body", [True, False])
def test_there_may_be_no_image(classifier, bright_or_dark, tmp_path, freeze_body):
    network = with_body(classifier, freeze_body=freeze_body)
    for dataset in (image_set(bright_or_dark, []), TensorDataset(torch.empty(0, 1, 8, 8), torch.empty(0))):
        found = predict(network, dataset, ("crops",), batch_size=3, device=CPU, cache=FeatureCache(tmp_path))
        assert [len(each) for each in found] == [0, 0, 0]
