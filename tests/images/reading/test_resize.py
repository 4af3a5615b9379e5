"""Images get the size and channels that are asked for, and keep their pixels where nothing is to be done."""

import pytest
import torch
from torchvision.transforms.v2.functional import InterpolationMode, resize

from image_classification.images.reading.pixels import resize_images


def noise(*shape):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(28, 28), (7, 3), (5, 20)])
def test_it_is_the_antialiased_bilinear_resize_of_torchvision(size):
    images = noise(6, 3, 8, 8)

    resized = torch.cat(list(resize_images(images, size, 3)))

    expected = (
        resize(images.float(), list(size), InterpolationMode.BILINEAR, antialias=True).round().to(torch.uint8)
    )
    assert torch.equal(resized, expected)


def test_the_right_size_passes_unchanged():
    images = noise(4, 1, 28, 28)

    [chunk] = resize_images(images, (28, 28), 1)

    assert chunk.data_ptr() == images.data_ptr()


def test_grey_becomes_three_equal_channels():
    images = noise(4, 1, 6, 6)

    [chunk] = resize_images(images, (6, 6), 3)

    assert chunk.shape == (4, 3, 6, 6)
    assert all(torch.equal(chunk[:, channel], images[:, 0]) for channel in range(3))


def test_colour_is_never_made_grey_in_silence():
    with pytest.raises(ValueError, match="3 channels"):
        list(resize_images(noise(1, 3, 4, 4), (4, 4), 1))


def test_many_images_come_in_chunks_in_order():
    images = noise(5, 1, 2500, 2500)

    chunks = list(resize_images(images, (2500, 2500), 1))

    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert torch.equal(torch.cat(chunks), images)


def test_extremes_stay_extremes():
    checkerboard = (torch.arange(64).reshape(1, 1, 8, 8) % 2 * 255).to(torch.uint8)

    [chunk] = resize_images(checkerboard, (28, 28), 1)

    assert chunk.min() == 0
    assert chunk.max() == 255
