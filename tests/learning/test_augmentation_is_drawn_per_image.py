"""Augmentation is off by default, repeats with the generator, and draws for every image by itself."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.parameters.root import validate_parameters

EVERYTHING = {
    "shift": 0.1,
    "rotation": 15.0,
    "scale": 0.2,
    "shear": 10.0,
    "crop": 0.4,
    "horizontal_flip": 0.5,
    "vertical_flip": 0.5,
    "brightness": 0.2,
    "contrast": 0.2,
    "saturation": 0.2,
    "erase": 0.5,
    "mixup": 0.2,
    "cutmix": 1.0,
}


def batch(count=16, channels=3):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, channels, 12, 10), dtype=torch.uint8, generator=generator)
    return images, torch.arange(count) % 4


def augment(images, labels, seed=0, **options):
    augmentation = build_augmentation(AugmentationOptions(**options))
    return augmentation(images, labels, num_classes=4, generator=torch.Generator().manual_seed(seed))


def test_nothing_is_on_by_default():
    assert build_augmentation(AugmentationOptions()) is None
    assert build_augmentation(AugmentationOptions(fill="edge", erase_area=[0.1, 0.2])) is None


@pytest.mark.parametrize(("option", "amount"), EVERYTHING.items())
def test_each_option_alone_changes_the_images_and_keeps_their_form(option, amount):
    images, labels = batch()

    new_images, new_labels = augment(images, labels, **{option: amount})

    assert new_images.shape == images.shape
    assert new_images.dtype == torch.float32
    assert not torch.equal(new_images, images.float())
    assert new_images.min() >= 0
    assert new_images.max() <= 255.001
    if option not in ("mixup", "cutmix"):
        assert new_labels is labels


@pytest.mark.parametrize(("option", "amount"), [*EVERYTHING.items(), ("all", EVERYTHING)])
def test_the_same_generator_gives_the_same(option, amount):
    options = amount if option == "all" else {option: amount}

    first, second = augment(*batch(), **options), augment(*batch(), **options)
    other = augment(*batch(), seed=1, **options)

    assert all(torch.equal(one, two) for one, two in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("option", ["shift", "rotation", "scale", "shear", "crop", "brightness", "contrast"])
def test_equal_images_become_different_ones(option):
    images, labels = batch()
    images = images[:1].repeat(16, 1, 1, 1)

    new_images, _ = augment(images, labels, **{option: EVERYTHING[option]})

    assert len(new_images.flatten(1).unique(dim=0)) == 16


@pytest.mark.parametrize("option", ["horizontal_flip", "vertical_flip"])
def test_about_half_of_the_images_are_flipped(option):
    images, labels = batch(400)

    new_images, _ = augment(images, labels, **{option: 0.5})

    flipped = (new_images != images.float()).flatten(1).any(dim=1)
    assert 160 < flipped.sum() < 240


def test_what_comes_in_is_not_changed():
    images, labels = batch()
    before = images.clone(), labels.clone()

    augment(images, labels, **EVERYTHING)
    as_float = images.float()
    augment(as_float, labels, **EVERYTHING)

    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])
    assert torch.equal(as_float, before[0].float())


def test_the_random_state_of_others_is_left_alone():
    state = torch.random.get_rng_state()

    augment(*batch(), **EVERYTHING)

    assert torch.equal(torch.random.get_rng_state(), state)


def test_grey_images_take_every_option():
    images, labels = batch(channels=1)

    new_images, _ = augment(images, labels, **EVERYTHING)

    assert new_images.isfinite().all()


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs an accelerator")
def test_the_device_makes_no_difference():
    device = torch.accelerator.current_accelerator()
    images, labels = batch()

    expected = augment(images, labels, **EVERYTHING)
    found = augment(images.to(device), labels.to(device), **EVERYTHING)

    assert found[0].device.type == device.type
    torch.testing.assert_close(found[0].cpu(), expected[0], atol=0.05, rtol=0)
    torch.testing.assert_close(found[1].cpu(), expected[1])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("shift", 1.1),
        ("rotation", -1.0),
        ("rotation", True),
        ("scale", "0.1"),
        ("crop", 1.0),
        ("crop_aspect", 0.75),
        ("horizontal_flip", 1.5),
        ("fill", "white"),
        ("erase_area", [0.3, 0.1]),
        ("erase_area", 0.1),
        ("mixup", -0.2),
        ("blur", 0.1),
    ],
)
def test_amounts_that_make_no_sense_are_refused(option, value):
    with pytest.raises(UserError, match=r"modelling\.augmentation"):
        validate_parameters({"modelling": {"augmentation": {option: value}}})
