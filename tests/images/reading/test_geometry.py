"""Every decoder shows the same place of a picture, to a fraction of a pixel: however it is made to fit.

The reference decodes the whole picture, turns it, cuts out what is kept, and resizes in floats, antialiased.
"""

from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn.functional import interpolate, pad

from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.pixels import Box, fit, resample

# width and height: odd, prime, no multiple of 8, of extreme proportions, a photograph's
SIZES = [(400, 533), (533, 400), (401, 534), (397, 211), (1023, 767), (97, 679), (703, 101), (640, 91)]


@cache
def picture(width, height, seed=0):
    """Soft shapes of every direction: a shift of a pixel shows; nothing is too fine for a small scale."""
    y, x = np.mgrid[:height, :width].astype(float)
    rng = np.random.default_rng(seed)
    finest = max(width, height) / 9
    waves = [
        np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / length + phase)
        for turn, phase, length in zip(
            rng.uniform(0, np.pi, 9), rng.uniform(0, 7, 9), rng.uniform(finest, 3 * finest, 9), strict=True
        )
    ]
    channels = [sum(waves[part::3]) * 42 + 127.5 for part in range(3)]
    return Image.fromarray(np.stack(channels, axis=2).clip(0, 255).round().astype(np.uint8))


def reference(path, image_shape, resize, interpolation):
    """(C, H, W) float64."""
    channels, *size = image_shape
    with Image.open(path) as stored:
        upright = ImageOps.exif_transpose(stored).convert("L" if channels == 1 else "RGB")
    pixels = torch.from_numpy(np.array(upright).reshape(upright.height, upright.width, -1))
    (top, left, height, width), new_size = fit(upright.height, upright.width, tuple(size), resize)
    kept = pixels.permute(2, 0, 1).double()[:, top : top + height, left : left + width]
    kept = interpolate(kept[None], new_size, mode=interpolation, antialias=True)[0].clamp(0, 255)
    above, left = (size[0] - new_size[0]) // 2, (size[1] - new_size[1]) // 2
    bars = (left, size[1] - new_size[1] - left, above, size[0] - new_size[0] - above)
    return pad(kept, bars)


def differences(path, image_shape, resize, interpolation="bilinear"):
    """The mean and the largest difference from the reference, in grey levels."""
    decoded = decode_image(path, image_shape, resize, interpolation=interpolation)
    difference = (decoded - reference(path, image_shape, resize, interpolation)).abs()
    return difference.mean().item(), difference.max().item()


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("size", [(64, 64), (80, 80), (37, 53), (224, 224), (128, 19)])
@pytest.mark.parametrize("interpolation", ["bilinear", pytest.param("bicubic", marks=pytest.mark.slow)])
def test_as_full_decoding_and_exact_resizing(tmp_path, interpolation, suffix, size, resize):
    found = []
    for number, sides in enumerate(SIZES):
        path = tmp_path / f"{number}.{suffix}"
        picture(*sides, seed=number).save(path, quality=95, compress_level=1)
        found += [differences(path, (channels, *size), resize, interpolation) for channels in (1, 3)]

    means, largest = zip(*found, strict=True)
    assert max(means) < (1.0 if suffix == "jpg" else 0.6)
    assert max(largest) < (9 if suffix == "jpg" else 2)


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_whichever_way_the_camera_was_held(tmp_path, suffix, orientation, resize):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for sides in ((401, 534), (211, 397), (97, 679)):
        path = tmp_path / f"a.{suffix}"
        picture(*sides).save(path, exif=exif, quality=95)
        mean, largest = differences(path, (3, 48, 33), resize)

        assert mean < 1
        assert largest < 9


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("sides", [(1, 1), (1, 7), (7, 1), (3, 5), (20, 31), (1, 400), (400, 1), (63, 65)])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_small_and_thin_pictures(tmp_path, interpolation, suffix, sides, resize):
    picture(*sides).save(tmp_path / f"a.{suffix}", quality=95)

    for size in ((64, 64), (1, 1), (5, 90)):
        mean, largest = differences(tmp_path / f"a.{suffix}", (3, *size), resize, interpolation)

        assert mean < 1
        # what a bicubic curve has beyond black and white is cut off after the rows, and after the columns
        assert largest < (9 if interpolation == "bilinear" else 13)


@pytest.mark.parametrize("sides", [(300, 401), (517, 333), (97, 679), (679, 97)])
def test_bars_are_in_the_same_rows_whatever_the_format(tmp_path, sides):
    bright = Image.new("RGB", sides, (200, 220, 240))
    bright.save(tmp_path / "a.jpg")
    bright.save(tmp_path / "a.png")

    for size in ((64, 64), (63, 63), (47, 80)):
        bars = [
            decode_image(tmp_path / f"a.{kind}", (3, *size), "letterbox") < 100 for kind in ("jpg", "png")
        ]

        assert torch.equal(*bars)
        assert bars[0].any()


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 33, 40),
        Box(3, 2, 20, 21),
        Box(0, 0, 32.75, 39.5),
        Box(4.5, 0, 20.25, 40),
        Box(1.7, 2.9, 25.1, 30.3),
    ],
)
@pytest.mark.parametrize("size", [(33, 40), (16, 16), (20, 21), (25, 30), (9, 39)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_parts_of_pixels(box, size, interpolation):
    """A plane that rises evenly shows at every new pixel the height at its middle."""
    rows, columns = torch.meshgrid(torch.arange(33.0) * 3, torch.arange(40.0) * 4, indexing="ij")
    image = torch.stack([rows, columns, rows / 2 + columns / 2]).round().to(torch.uint8)

    resized = resample(image, box, size, interpolation)

    middles = [
        start + (torch.arange(new) + 0.5) * length / new - 0.5
        for start, length, new in zip(box[:2], box[2:], size, strict=True)
    ]
    expected = torch.stack(torch.meshgrid(middles[0] * 3, middles[1] * 4, indexing="ij"))
    # at the edges the antialiasing has nothing on one side
    inner = (resized[:2] - expected).abs()[:, 2:-2, 2:-2]
    assert inner.max() <= 1.01
