"""A picture in memory becomes the same image as the same picture in a file, whatever it is handed over as."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.in_memory import fit_in_memory
from image_classification.value_range import ValueRange

SHAPES = [(3, 8, 8), (1, 8, 8), (3, 40, 13), (1, 5, 60)]
FITS = [("stretch", "bilinear"), ("crop", "bicubic"), ("letterbox", "bicubic")]


def colours(height=21, width=34, seed=0):
    """(H, W, 3) uint8: soft, and different in every channel."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 4 + part) + np.cos(y / (3 + part) + seed) for part in range(3)]
    return (np.stack(waves, axis=2) * 60 + 127).astype(np.uint8)


def in_file(tmp_path, picture, shape, fit, value_range=None, **options):
    picture.save(tmp_path / "a.png", **options)
    return decode_image(tmp_path / "a.png", shape, fit[0], value_range, interpolation=fit[1])


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "YCbCr", "HSV"])
def test_a_picture_of_any_mode(tmp_path, mode, shape, fit):
    original = Image.fromarray(colours())
    picture = original.convert(mode)
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.fromarray(colours(seed=3)[..., 0]))
    stored = picture if mode in ("RGB", "L", "RGBA", "LA", "P", "1") else picture.convert("RGB")

    image = fit_in_memory(picture, shape, *fit)

    assert (image.shape, image.dtype) == (shape, torch.uint8)
    # grey of CMYK is computed without the step over red, green and blue
    difference = (image.int() - in_file(tmp_path, stored, shape, fit).int()).abs()
    assert difference.max() <= (0 if stored is picture else 2)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "hand_over",
    [
        lambda pixels: pixels,
        lambda pixels: pixels.astype(np.int64),
        lambda pixels: pixels[::-1][::-1],
        np.asfortranarray,
        lambda pixels: torch.from_numpy(pixels).permute(2, 0, 1),
        lambda pixels: torch.from_numpy(pixels).permute(2, 0, 1).int(),
        torch.from_numpy,
        lambda pixels: pixels.transpose(2, 0, 1),
        lambda pixels: (pixels / 255).astype(np.float64),
        lambda pixels: torch.from_numpy(pixels / 255).permute(2, 0, 1).float().requires_grad_(),
    ],
)
def test_numbers_of_every_kind(tmp_path, hand_over, shape, fit):
    expected = in_file(tmp_path, Image.fromarray(colours()), shape, fit)

    assert torch.equal(fit_in_memory(hand_over(colours()), shape, *fit), expected)


@pytest.mark.parametrize(
    "hand_over",
    [
        lambda grey: grey,
        lambda grey: grey[..., None],
        lambda grey: torch.from_numpy(grey)[None],
        lambda grey: np.stack([grey] * 3, axis=2),
        lambda grey: np.stack([grey, np.full_like(grey, 255)], axis=2),
        lambda grey: torch.from_numpy(grey / 255).half(),
        Image.fromarray,
    ],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_grey_of_every_kind(tmp_path, hand_over, shape):
    grey = colours()[..., 0]
    expected = in_file(tmp_path, Image.fromarray(grey), shape, FITS[0])

    assert torch.equal(fit_in_memory(hand_over(grey), shape, *FITS[0]), expected)


@pytest.mark.parametrize(
    "value_range", [None, ValueRange(integers=(0, 4095)), ValueRange(integers=(100, 3000))]
)
@pytest.mark.parametrize("hand_over", [lambda deep: deep, torch.from_numpy, Image.fromarray])
def test_numbers_of_more_bits_are_narrowed_as_those_of_files(tmp_path, hand_over, value_range):
    deep = (colours()[..., 0].astype(np.uint16) << 4) + 5
    expected = in_file(tmp_path, Image.fromarray(deep), (1, 8, 8), FITS[1], value_range)

    assert torch.equal(fit_in_memory(hand_over(deep), (1, 8, 8), *FITS[1], value_range), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_an_opened_file_and_its_content_are_upright(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = io.BytesIO()
    Image.fromarray(colours()).save(content, kind, exif=exif)
    (tmp_path / f"a.{kind}").write_bytes(content.getvalue())
    expected = decode_image(tmp_path / f"a.{kind}", (3, 20, 20), "stretch")

    assert torch.equal(fit_in_memory(content.getvalue(), (3, 20, 20), "stretch"), expected)
    content.seek(0)
    opened = Image.open(content)
    assert torch.equal(fit_in_memory(opened, (3, 20, 20), "stretch"), expected)
    assert torch.equal(fit_in_memory(opened, (3, 20, 20), "stretch"), expected)  # it is left as it was
    opened.load()
    loaded = fit_in_memory(opened, (3, 20, 20), "stretch")
    assert (loaded.int() - expected.int()).abs().float().mean() < 1.5  # another decoder of JPEG


@pytest.mark.parametrize("side", [9, 20, 64])
def test_a_large_jpeg_that_pillow_has_opened_is_read_as_its_file(tmp_path, side):
    """At a fraction of its size."""
    path = tmp_path / "a.jpg"
    Image.fromarray(colours(300, 410)).save(path)
    expected = decode_image(path, (3, side, side), "crop", interpolation="bicubic")
    with Image.open(path) as opened:
        assert torch.equal(fit_in_memory(opened, (3, side, side), "crop", "bicubic"), expected)
    with Image.open(path) as drafted:
        drafted.draft("RGB", (80, 60))
        small = drafted.size
        assert fit_in_memory(drafted, (3, side, side), "crop").shape == (3, side, side)
        assert drafted.size == small  # what was asked for is what is used


def test_black_and_what_was_never_measured_are_images():
    assert not fit_in_memory(np.zeros((4, 4), np.uint16), (1, 4, 4), "stretch").any()
    some_nan = np.array([[np.nan, 1.0], [0.0, 0.5]])
    assert fit_in_memory(some_nan, (1, 2, 2), "stretch").flatten().tolist() == [0, 255, 0, 128]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", "nothing in it"),
        (b"text", "cannot identify|not an image"),
        (np.zeros((0, 4), np.uint8), "nothing in it"),
        (np.zeros((4, 0, 3), np.uint8), "nothing in it"),
        (np.zeros(4, np.uint8), "its shape is 4"),
        (np.uint8(3), "a single number"),
        (np.zeros((2, 3, 4, 5), np.uint8), "2×3×4×5"),
        (np.zeros((9, 8, 7), np.uint8), "9×8×7, without 1 to 4 channels"),
        (np.full((4, 4), 256), "int64 from 256 to 256"),
        (np.full((4, 4), -1, np.int16), "int16 from -1"),
        (np.full((4, 4), 200.0), "0 to 1 are expected"),
        (np.full((4, 4), "a"), "its numbers are <U1"),
        (torch.full((3, 4, 4), 1.5), "0 to 1 are expected"),
        (np.full((4, 4), 200, np.uint16), "uint16, where 65535 is white, and the largest is 200"),
        (Image.fromarray(np.full((4, 4), 255, np.uint16)), "uint16, where 65535 is white"),
        (Image.fromarray(np.full((4, 4), 9, np.int32)), "int32, where 2147483647 is white"),
        (Image.fromarray(np.full((4, 4), 255, np.float32)), "float32 from 255 to 255, and 0 to 1"),
        (np.full((4, 4, 3), np.nan), "no number in it"),
        (torch.full((4, 4), -torch.inf), "no number in it"),
    ],
)
def test_what_is_no_image_is_told(image, reason):
    with pytest.raises(UnreadableImageError, match=reason):
        fit_in_memory(image, (3, 8, 8), "stretch")


def test_a_picture_whose_file_is_broken(tmp_path):
    content = io.BytesIO()
    Image.fromarray(colours(200, 200)).save(content, "jpeg")
    broken = io.BytesIO(content.getvalue()[:700])

    with pytest.raises(UnreadableImageError, match="truncated"):
        fit_in_memory(Image.open(broken), (3, 8, 8), "stretch")
