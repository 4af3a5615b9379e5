"""Mixup and CutMix mix the labels in the proportion of the pixels."""

import pytest
import torch

from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.mixing import draw_partners
from image_classification.learning.augmentation.options import AugmentationOptions

CLASSES = 10


def flat_images():
    """Ten images, one per class, each filled with 20 times its class."""
    labels = torch.arange(CLASSES)
    return (20 * labels).to(torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 12, 16), labels


def mixed(images, labels, **options):
    augmentation = build_augmentation(AugmentationOptions(**options))
    generator = torch.Generator().manual_seed(5)
    return augmentation(images, labels, num_classes=CLASSES, generator=generator)


@pytest.mark.parametrize("options", [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}])
def test_labels_are_probabilities_that_match_the_pixels(options):
    images, labels = flat_images()

    new_images, new_labels = mixed(images, labels, **options)

    assert new_labels.shape == (CLASSES, CLASSES)
    assert new_labels.dtype == torch.float32
    torch.testing.assert_close(new_labels.sum(dim=1), torch.ones(CLASSES))
    means = new_images.mean(dim=(1, 2, 3))
    torch.testing.assert_close(means, new_labels @ (20.0 * labels), atol=1e-3, rtol=0)
    assert (means - 20 * labels).abs().max() > 5


def test_mixup_blends_every_pixel_alike_with_a_share_per_image():
    new_images, new_labels = mixed(*flat_images(), mixup=0.4)

    assert new_images.flatten(1).std(dim=1).max() < 1e-3
    assert len(new_labels.max(dim=1).values.round(decimals=4).unique()) > 5


def test_cutmix_replaces_one_box():
    images, labels = flat_images()

    new_images, _ = mixed(images, labels, cutmix=1.0)

    boxes = 0
    for label, image in zip(labels, new_images, strict=True):
        replaced = image[0] != 20.0 * label  # (12, 16)
        assert torch.equal(replaced, replaced.any(dim=1, keepdim=True) & replaced.any(dim=0))
        assert len(image.unique()) <= 2
        boxes += int(0 < replaced.sum() < replaced.numel())
    assert boxes >= 5


def test_where_both_are_on_images_get_one_or_the_other():
    new_images, _ = mixed(*flat_images(), mixup=1.0, cutmix=1.0)

    values = [len(image.round(decimals=2).unique()) for image in new_images]
    in_steps = [bool((image.round(decimals=2) % 20 == 0).all()) for image in new_images]
    assert 2 in values
    assert not all(in_steps)


def test_labels_that_are_probabilities_already_are_mixed_too():
    images, labels = flat_images()
    soft = torch.full((CLASSES, CLASSES), 0.02)
    soft[labels, labels] = 0.82

    _, from_soft = mixed(images, soft, mixup=0.4)
    _, from_hard = mixed(images, labels, mixup=0.4)

    torch.testing.assert_close(from_soft, from_hard * 0.8 + 0.02)


def test_no_image_is_mixed_with_itself():
    for seed in range(20):
        partners = draw_partners(5, torch.Generator().manual_seed(seed))
        assert sorted(partners.tolist()) == [0, 1, 2, 3, 4]
        assert (partners != torch.arange(5)).all()


def test_an_image_alone_in_its_batch_stays_what_it_is():
    images, labels = flat_images()

    new_images, new_labels = mixed(images[3:4], labels[3:4], mixup=0.4, cutmix=1.0)

    torch.testing.assert_close(new_images, images[3:4].float())
    torch.testing.assert_close(new_labels, torch.eye(CLASSES)[3:4])
