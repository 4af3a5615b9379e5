"""A picture file becomes an upright image of the wanted size, in each of the three ways to make it fit."""

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.pixels import Box, Fit, fit


def picture(width, height, seed=0):
    """Smooth noise: whatever is turned or cut the wrong way looks different."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def reference(image, width, height):
    return torch.from_numpy(
        np.array(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
    ).permute(2, 0, 1)


def difference(image, other):
    return (image.int() - other.int()).abs().float().mean().item()


def test_stretch_goes_to_the_size_whatever_the_proportions(tmp_path):
    original = picture(90, 60)
    original.save(tmp_path / "a.png")

    image = decode_image(tmp_path / "a.png", (3, 20, 40), "stretch")

    assert image.shape == (3, 20, 40)
    assert image.dtype == torch.uint8
    assert difference(image, reference(original, 40, 20)) < 1


def test_crop_takes_the_middle(tmp_path):
    original = picture(90, 60)
    original.save(tmp_path / "a.png")

    image = decode_image(tmp_path / "a.png", (3, 30, 30), "crop")

    assert difference(image, reference(original.crop((15, 0, 75, 60)), 30, 30)) < 1


def test_letterbox_keeps_everything_between_black_bars(tmp_path):
    original = picture(90, 60)
    original.save(tmp_path / "a.png")

    image = decode_image(tmp_path / "a.png", (3, 30, 30), "letterbox")

    assert image[:, :5].sum() == 0
    assert image[:, 25:].sum() == 0
    assert difference(image[:, 5:25], reference(original, 30, 20)) < 1


@pytest.mark.parametrize(
    ("height", "width", "size", "resize", "expected"),
    [
        (60, 90, (20, 40), "stretch", Fit(Box(0, 0, 60, 90), (20, 40))),
        (60, 90, (20, 40), "crop", Fit(Box(7, 0, 45, 90), (20, 40))),
        (60, 90, (20, 40), "letterbox", Fit(Box(0, 0, 60, 90), (20, 30))),
        (1, 1000, (10, 10), "crop", Fit(Box(0, 499, 1, 1), (10, 10))),
        (1, 1000, (10, 10), "letterbox", Fit(Box(0, 0, 1, 1000), (1, 10))),
        (10, 10, (10, 10), "crop", Fit(Box(0, 0, 10, 10), (10, 10))),
    ],
)
def test_what_is_kept(height, width, size, resize, expected):
    assert fit(height, width, size, resize) == expected


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright_as_pillow_itself_turns_them(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    picture(96, 64).save(path, exif=exif)
    with Image.open(path) as stored:
        upright = ImageOps.exif_transpose(stored)
        assert upright.size == ((64, 96) if orientation >= 5 else (96, 64))
        middle = upright.crop((0, 16, 64, 80)) if orientation >= 5 else upright.crop((16, 0, 80, 64))

    assert difference(decode_image(path, (3, 32, 24), "stretch"), reference(upright, 24, 32)) < 2
    assert difference(decode_image(path, (3, 32, 32), "crop"), reference(middle, 32, 32)) < 2


def test_broken_exif_data_does_not_matter(tmp_path):
    picture(64, 64).save(tmp_path / "a.jpg", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")

    assert decode_image(tmp_path / "a.jpg", (3, 8, 8), "stretch").shape == (3, 8, 8)


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_large_jpeg_decoded_small_is_as_good(tmp_path, resize, channels):
    original = picture(800, 600)
    original.save(tmp_path / "a.jpg", quality=95)
    original.save(tmp_path / "a.png")

    small, exact = (
        decode_image(tmp_path / f"a.{kind}", (channels, 64, 64), resize) for kind in ("jpg", "png")
    )

    assert small.shape == (channels, 64, 64)
    assert difference(small, exact) < 2


def test_enlarging(tmp_path):
    Image.new("L", (1, 1), 77).save(tmp_path / "a.png")

    assert (decode_image(tmp_path / "a.png", (1, 5, 7), "stretch") == 77).all()


def bomb():
    """A PNG of a few bytes that announces 50,000 x 50,000 pixels."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jpg", b"", "the file is empty"),
        ("a.jpg", b"Dear diary,", "not an image, although its name ends in .jpg"),
        ("a.png", bomb(), "so many pixels that it may be a decompression bomb"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "not an image, although its name ends in .png"),
    ],
)
def test_reasons(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableImageError, match=f"^{reason}$"):
        decode_image(tmp_path / name, (3, 8, 8), "stretch")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableImageError, match="there is no such file"):
        decode_image(tmp_path / "a.jpg", (3, 8, 8), "stretch")


@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "tif", "webp"])
def test_a_truncated_file_is_never_half_an_image(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    picture(64, 64).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(UnreadableImageError) as caught:
        decode_image(path, (3, 8, 8), "stretch")

    assert str(tmp_path) not in str(caught.value)
    assert "0x" not in str(caught.value)
