"""Features of a frozen body are found again by the next training on the same images and weights alone."""

import os

import pytest
import torch
from tests.learning.fine_tuning.test_frozen_features_are_computed_once import with_body
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.fine_tuning import feature_cache
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.features import features_once
from image_classification.learning.options import TrainingOptions

FLIPS = AugmentationOptions(horizontal_flip=0.5, brightness=0.5)


def options(views=0):
    fine_tuning = {"views": views}
    return TrainingOptions.model_validate(
        {"device": "cpu", "precision": "float32", "fine_tuning": fine_tuning}
    )


@pytest.fixture
def store(bright_or_dark):
    images, labels = bright_or_dark.tensors
    names = [str(number) for number in range(len(images))]
    return ImageDict(images=images, labels=labels, names=names, class_names=["dark", "bright"], digest="d")


@pytest.fixture
def sets(store):
    return [ImageTensorDataset(store, torch.arange(0, 60)), ImageTensorDataset(store, torch.arange(60, 96))]


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features")


@pytest.fixture
def compute(make_loss, classifier, cache):
    """`compute(sets, …)`: the features of sets, and how many images went through the body for them."""

    def computed(sets, *, views=0, augmentation=None, seed=0, change=lambda network: None, cache=cache):
        network = with_body(classifier)
        change(network)
        seen = []
        network.body.features.register_forward_hook(
            lambda module, inputs, output: seen.append(len(inputs[0]))
        )
        with features_once(
            network,
            sets,
            criterion=make_loss(),
            options=options(views),
            augmentation=build_augmentation(augmentation) if augmentation else None,
            num_classes=2,
            seed=seed,
            cache=cache,
        ) as used:
            # one image measures beforehand how much memory is needed
            return [each.tensors[0] for each in used.sets], sum(seen) - 1

    return computed


def test_the_second_training_computes_none(compute, sets):
    first, count = compute(sets)
    assert count == 96
    again, count = compute(sets)
    assert count == 0
    assert all(map(torch.equal, first, again))
    assert all(map(torch.equal, first, compute(sets, cache=None)[0]))


def double(network):
    with torch.no_grad():
        network.body.features[0].weight[0, 0, 0, 0] *= 1.0001


def other_statistics(network):
    network.body.features[1].running_mean += 1e-4


def other_normalisation(network):
    network.normalise.mean += 1e-4


def other_head(network):
    nn.init.zeros_(network.body.head[1].weight)


@pytest.mark.parametrize(
    ("change", "computed"),
    [(double, 96), (other_statistics, 96), (other_normalisation, 96), (other_head, 0)],
)
def test_other_weights_of_the_body_have_other_features(change, computed, compute, sets):
    compute(sets)
    assert compute(sets, change=change)[1] == computed


def test_other_images_have_other_features(compute, sets, store):
    compute(sets)
    assert compute([ImageTensorDataset(store, torch.arange(1, 61)), sets[1]])[1] == 60
    other = ImageDict(
        images=store.images, labels=store.labels, names=store.names, class_names=["a", "b"], digest="e"
    )
    assert compute([ImageTensorDataset(other, each.rows) for each in sets])[1] == 96


def test_images_that_nobody_knows_are_not_kept(compute, bright_or_dark, cache):
    compute([bright_or_dark])
    assert compute([bright_or_dark])[1] == 96
    assert not cache.path.exists()


@pytest.mark.parametrize("damage", ["cut", "empty", "a flipped bit", "text", "fewer"])
def test_damaged_files_are_computed_again(damage, compute, sets, cache):
    first, _ = compute(sets)
    for path in cache.path.iterdir():
        content = bytearray(path.read_bytes())
        if damage == "a flipped bit":
            content[-7] ^= 4
        elif damage == "fewer":
            cache.put(path.stem, torch.zeros(3, 16))
            continue
        damaged = {"cut": content[:-50], "empty": b"", "text": b"nothing", "a flipped bit": content}[damage]
        path.write_bytes(bytes(damaged))
    again, count = compute(sets)
    assert count == 96
    assert all(map(torch.equal, first, again))


def test_a_cache_that_cannot_be_written_stops_nothing(compute, sets, tmp_path):
    (tmp_path / "file").touch()
    assert compute(sets, cache=FeatureCache(tmp_path / "file" / "features"))[1] == 96


def test_those_used_longest_ago_are_removed(monkeypatch, cache):
    monkeypatch.setattr(feature_cache, "MOST", 3)
    for key in "abc":
        cache.put(key, torch.ones(2, 2))
    clock = iter(range(1, 9))
    utime = os.utime
    with monkeypatch.context() as patched:
        patched.setattr(os, "utime", lambda path: utime(path, (now := next(clock), now)))
        for key in "bac":
            cache.get(key)
    cache.put("d", torch.ones(2, 2))
    assert sorted(path.stem for path in cache.path.iterdir()) == ["a", "c", "d"]
    monkeypatch.setattr(feature_cache, "LARGEST", 0)
    cache.put("e", torch.ones(2, 2))
    assert cache.get("e") is None


def test_views_are_drawn_once_and_one_of_them_for_each_batch(compute, make_loss, classifier, sets, cache):
    (features, validation), count = compute(sets, views=3, augmentation=FLIPS)
    assert count == 3 * 60 + 36
    assert features.shape == (60, 3, 16)
    assert validation.shape == (36, 16)
    assert not torch.equal(features[:, 0], features[:, 1])
    assert compute(sets, views=3, augmentation=FLIPS)[1] == 0
    assert compute(sets, views=3, augmentation=FLIPS, seed=1)[1] == 180
    assert compute(sets, views=2, augmentation=FLIPS)[1] == 120
    assert compute(sets, views=3, augmentation=FLIPS.model_copy(update={"contrast": 0.1}))[1] == 180

    with features_once(
        with_body(classifier),
        sets,
        criterion=make_loss(),
        options=options(3),
        augmentation=build_augmentation(FLIPS),
        num_classes=2,
        cache=cache,
    ) as used:
        images, labels = used.sets[0].tensors
        picked, same = used.augment(images, labels, generator=torch.Generator().manual_seed(1))
        assert torch.equal(same, labels)
        chosen = (picked[:, None] == images).all(dim=2).float().argmax(dim=1)
        assert set(chosen.tolist()) == {0, 1, 2}
        assert torch.equal(picked, images[torch.arange(60), chosen])


@pytest.mark.parametrize("mixing", [{"mixup": 0.2}, {"cutmix": 1.0}])
def test_views_cannot_be_mixed(mixing, compute, sets):
    with pytest.raises(UserError, match=r"views varies each image by itself, and mixup and cutmix mix those"):
        compute(sets, views=2, augmentation=AugmentationOptions(**mixing))


def test_a_set_without_images_has_none(compute, sets, store):
    (_, empty), _ = compute([sets[0], ImageTensorDataset(store, torch.arange(0))])
    assert len(empty) == 0


def test_a_plain_set_is_taken_as_well(compute, bright_or_dark):
    images, labels = bright_or_dark.tensors
    (features,), _ = compute([TensorDataset(images, labels)], views=2, augmentation=FLIPS)
    assert features.shape == (96, 2, 16)
