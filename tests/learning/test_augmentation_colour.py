"""Brightness, contrast and saturation mean what they mean elsewhere."""

import pytest
import torch
from torchvision.transforms.v2 import functional

from image_classification.learning.augmentation import appearance
from image_classification.learning.augmentation.appearance import vary_colour
from image_classification.learning.augmentation.options import AugmentationOptions


def photographs(count=3, channels=3):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, 6, 5, generator=generator) * 150 + 50


def vary(images, **options):
    return vary_colour(images, AugmentationOptions(**options), torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("option", "reference"),
    [
        ("brightness", functional.adjust_brightness),
        ("contrast", functional.adjust_contrast),
        ("saturation", functional.adjust_saturation),
    ],
)
def test_each_is_that_of_torchvision(option, reference, monkeypatch):
    images = photographs()
    factors = {0.0: torch.ones(3), 0.5: torch.tensor([0.6, 1.0, 1.2])}
    monkeypatch.setattr(
        appearance, "uniform", lambda count, low, high, generator: factors[round(high - 1, 3)]
    )

    varied = vary(images, **{option: 0.5})

    for image, factor, result in zip(images, factors[0.5].tolist(), varied, strict=True):
        torch.testing.assert_close(result, reference(image / 255, factor) * 255, atol=0.05, rtol=0)


def test_pixels_stay_between_black_and_white():
    images = photographs(200)

    varied = vary(images, brightness=1.0, contrast=1.0, saturation=1.0)

    assert varied.min() == 0
    assert varied.max() == 255


def test_every_image_has_its_own_brightness_within_bounds():
    images = torch.full((500, 1, 2, 2), 100.0)

    varied = vary(images, brightness=0.2)

    factors = varied[:, 0, 0, 0] / 100
    assert 0.8 <= factors.min() < 0.81
    assert 1.19 < factors.max() <= 1.2
    assert len(factors.unique()) > 490


def test_grey_images_have_no_saturation():
    images = photographs(channels=1)

    torch.testing.assert_close(vary(images, saturation=0.5), images)
