"""One affine map per image: known maps do what their names say."""

import pytest
import torch

from image_classification.learning.augmentation.geometry import (
    cropped,
    draw_maps,
    flip,
    flipped,
    rotated,
    scaled,
    sheared,
    shifted,
    warp,
)
from image_classification.learning.augmentation.options import AugmentationOptions


def noise(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 255


def numbers(*values):
    return torch.tensor(values)


def test_a_shift_moves_every_pixel():
    images = torch.zeros(2, 1, 5, 7)
    images[:, :, 1, 2] = 200.0

    moved = warp(images, shifted(numbers(3.0, -2.0), numbers(2.0, 1.0)), "zero")

    expected = torch.zeros(2, 1, 5, 7)
    expected[0, 0, 3, 5] = 200.0
    expected[1, 0, 2, 0] = 200.0
    torch.testing.assert_close(moved, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_those_of_rot90(quarters):
    images = noise(2, 3, 6, 6)

    turned = warp(images, rotated(numbers(90.0, 90.0) * quarters), "zero")

    torch.testing.assert_close(turned, images.rot90(quarters, (2, 3)), atol=0.01, rtol=0)


def test_a_rotation_keeps_right_angles_in_images_that_are_not_square():
    images = torch.zeros(1, 1, 9, 21)
    images[:, :, 4, 10:14] = 255.0  # a line from the centre to the right

    turned = warp(images, rotated(numbers(90.0)), "zero")

    assert (turned[0, 0, 1:5, 10] > 254).all()  # points upwards, as long as before
    assert turned.sum().item() == pytest.approx(4 * 255, rel=1e-3)


def test_enlarging_keeps_the_centre_and_spreads_the_rest():
    images = torch.zeros(1, 1, 9, 9)
    images[:, :, 4, 6] = 100.0

    enlarged = warp(images, scaled(numbers(2.0)), "zero")

    assert enlarged.flatten().argmax() == 4 * 9 + 8  # two pixels from the centre became four


def test_a_shear_slants_to_the_right_by_its_angle():
    images = torch.zeros(1, 1, 9, 9)
    images[:, :, :, 4] = 100.0

    slanted = warp(images, sheared(numbers(45.0)), "zero")

    expected = 100.0 * torch.eye(9).flip(1)
    torch.testing.assert_close(slanted[0, 0], expected, atol=1e-3, rtol=0)


def test_a_crop_enlarges_its_window():
    images = noise(1, 2, 8, 8)

    # the lower left quarter: its centre is two pixels to the left of the image's and two below
    enlarged = warp(images, cropped(numbers(0.5), numbers(0.5), numbers(-2.0), numbers(2.0)), "edge")

    expected = torch.nn.functional.interpolate(images[:, :, 4:, :4], size=(8, 8), mode="bilinear")
    # inside; at the window's border the interpolation rightly sees the pixels beyond
    torch.testing.assert_close(enlarged[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1], atol=0.01, rtol=0)


def test_flips_by_map_and_by_copy_agree():
    images = noise(4, 3, 5, 8)
    horizontally = torch.tensor([False, True, False, True])
    vertically = torch.tensor([False, False, True, True])

    copied = flip(images, horizontally, vertically)

    assert torch.equal(copied[0], images[0])
    assert torch.equal(copied[1], images[1].flip(2))
    assert torch.equal(copied[2], images[2].flip(1))
    assert torch.equal(copied[3], images[3].flip(1, 2))
    torch.testing.assert_close(
        warp(images, flipped(horizontally, vertically), "zero"), copied, atol=0.01, rtol=0
    )


@pytest.mark.parametrize(("fill", "expected"), [("zero", 0.0), ("edge", 10.0), ("reflect", 20.0)])
def test_what_comes_into_view_from_beyond_the_border(fill, expected):
    images = torch.tensor([10.0, 20.0, 30.0, 40.0]).view(1, 1, 1, 4)

    moved = warp(images, shifted(numbers(2.0), numbers(0.0)), fill)

    assert moved[0, 0, 0, 0].item() == pytest.approx(expected, abs=0.01)
    assert moved[0, 0, 0, 2:].tolist() == pytest.approx([10.0, 20.0], abs=0.01)


def maps_of(count=2000, **options):
    parameters = AugmentationOptions(**options)
    return draw_maps(count, 40, 20, parameters, torch.Generator().manual_seed(3))


def test_shifts_reach_their_bounds_and_stay_within():
    right, down = maps_of(shift=0.25)[:, :2, 2].T

    assert 4.9 < right.abs().max() <= 5.0
    assert 9.9 < down.abs().max() <= 10.0
    assert right.mean().abs() < 0.2


def test_rotations_reach_their_bounds_and_stay_within():
    maps = maps_of(rotation=30.0)

    degrees = torch.rad2deg(torch.atan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert 29.5 < degrees.abs().max() <= 30.001
    assert degrees.min() < -29


def test_sizes_are_as_often_smaller_as_larger():
    factors = 1 / maps_of(scale=0.5)[:, 0, 0]

    assert 1 / 1.5 - 1e-4 < factors.min() < 0.68
    assert 1.48 < factors.max() < 1.5 + 1e-4
    assert factors.log().mean().abs() < 0.02


def test_crops_stay_inside_and_keep_at_least_what_they_must():
    maps = maps_of(crop=0.7, crop_aspect=1.5)

    wide, high = maps[:, 0, 0], maps[:, 1, 1]
    right, down = maps[:, 0, 2].abs(), maps[:, 1, 2].abs()
    assert (right + wide * 10 <= 10.001).all()
    assert (down + high * 20 <= 20.001).all()
    # where a side would exceed the image it is cut: hence a little less than 0.3
    assert 0.2 < (wide * high).min() < 0.33
    assert 0.9 < (wide * high).max() <= 1.0
    assert (wide / high).max() <= 1.501
    assert (high / wide).max() <= 1.501
