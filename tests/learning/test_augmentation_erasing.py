"""Erasing paints over one rectangle of the images it chooses, of an area within bounds."""

import pytest
import torch

from image_classification.learning.augmentation.appearance import erase_boxes


def ramps(count):
    """(count, 2, 20, 30) images without two equal pixels, none of them the mean."""
    return (torch.arange(1200.0).view(1, 2, 20, 30) / 5).repeat(count, 1, 1, 1)


def erase(images, probability, area=(0.1, 0.3)):
    return erase_boxes(images, probability, area, torch.Generator().manual_seed(0))


def test_the_area_is_within_bounds():
    images = ramps(500)

    shares = (erase(images, 1.0) != images)[:, 0].float().mean(dim=(1, 2))

    # whole pixels: a side of 20 may be off by half of one
    assert 0.08 < shares.min() < 0.12
    assert 0.28 < shares.max() < 0.33


def test_it_is_one_rectangle_with_the_mean_of_each_channel():
    images = ramps(20)

    erased = erase(images, 1.0)

    for image, result in zip(images, erased, strict=True):
        changed = result != image  # (2, 20, 30)
        assert torch.equal(changed[0], changed[1])
        rows, columns = changed[0].any(dim=1), changed[0].any(dim=0)
        assert torch.equal(changed[0], rows.unsqueeze(1) & columns)
        assert rows.nonzero().diff(dim=0).eq(1).all()
        assert columns.nonzero().diff(dim=0).eq(1).all()
        for channel in range(2):
            assert result[channel][changed[channel]].unique().item() == pytest.approx(
                image[channel].mean().item(), rel=1e-5
            )


def test_rectangles_reach_every_corner():
    images = ramps(2000)

    changed = (erase(images, 1.0) != images)[:, 0]

    for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert changed[:, row, column].any()


@pytest.mark.parametrize("probability", [0.25, 0.9])
def test_the_share_of_images_is_the_probability(probability):
    images = ramps(2000)

    touched = (erase(images, probability) != images).flatten(1).any(dim=1)

    assert touched.float().mean().item() == pytest.approx(probability, abs=0.03)


def test_one_pixel_is_the_least():
    assert (
        erase_boxes(torch.ones(3, 1, 1, 1), 1.0, (0.01, 0.02), torch.Generator()).tolist() == [[[[1.0]]]] * 3
    )
