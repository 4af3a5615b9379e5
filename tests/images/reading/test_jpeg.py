"""JPEG pictures have the pixels that Pillow and torchvision give them; what is odd is left to Pillow."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import io as torchvision_io

from image_classification.images.reading import decode
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.jpeg import decode_jpeg
from image_classification.images.reading.pixels import Box
from image_classification.images.reading.portable.decoding import grey_or_colours, jpeg_scale

SCALES = (1, 2, 4, 8)


def picture(mode="RGB", size=(161, 145)):
    noise = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(mode="RGB", size=(161, 145), **options):
    file = io.BytesIO()
    picture(mode, size).save(file, **{"format": "JPEG", **options})
    return file


def decoded(file, channels=3, scale=1):
    with Image.open(file) as opened:
        return decode_jpeg(opened, file, channels, scale)


def by_pillow(file, channels, scale):
    with Image.open(file) as opened:
        opened.draft("L" if channels == 1 else None, (opened.width // scale, opened.height // scale))
        pixels = torch.from_numpy(np.array(grey_or_colours(opened, channels)))
    return pixels[None] if channels == 1 else pixels.permute(2, 0, 1)


KINDS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "L"},
        {"progressive": True},
        {"subsampling": 0, "quality": 100},
        {"subsampling": 1, "quality": 20},
        {"keep_rgb": True},
        {"restart_marker_rows": 2},
        {"format": "MPO", "save_all": True, "append_images": [picture().rotate(180)]},
    ],
    ids=" ".join,
)


@pytest.mark.parametrize("channels", [1, 3])
@KINDS
def test_the_pixels_are_those_of_pillow_at_every_scale(options, channels):
    file = encoded(**options)

    for scale in SCALES:
        image = decoded(file, channels, scale)

        assert image.dtype == torch.uint8
        assert image.shape == (channels, -(-145 // scale), -(-161 // scale))
        assert torch.equal(image, by_pillow(file, channels, scale))


@pytest.mark.parametrize("channels", [1, 3])
@KINDS
def test_the_pixels_of_the_full_size_are_those_of_torchvision(options, channels):
    file = encoded(**options)
    content = torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)
    mode = torchvision_io.ImageReadMode.GRAY if channels == 1 else torchvision_io.ImageReadMode.RGB

    assert torch.equal(decoded(file, channels), torchvision_io.decode_jpeg(content, mode))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 7), (5, 5), (7, 7), (8, 1), (9, 15), (1, 99)])
def test_the_smallest_pictures_have_their_full_size(size):
    file = encoded(size=size, quality=100)

    assert torch.equal(decoded(file), by_pillow(file, 3, 1))


@pytest.mark.parametrize(
    ("sides", "box", "size", "scale"),
    [
        ((400, 533), Box(0, 0, 533, 400), (224, 224), 1),
        ((400, 533), Box(0, 0, 533, 400), (128, 128), 2),
        ((400, 533), Box(0, 0, 533, 400), (64, 64), 4),
        ((512, 512), Box(0, 0, 512, 512), (64, 64), 8),
        ((511, 512), Box(0, 0, 512, 511), (64, 64), 4),  # 63.9 pixels are no 64
        ((1000, 512), Box(0, 244, 512, 512), (64, 64), 8),
        ((1000, 512), Box(0, 244, 512, 300), (64, 64), 4),  # a part has fewer pixels
        ((4000, 3000), Box(0, 0, 3000, 4000), (64, 64), 8),
        ((400, 533), Box(0, 0, 533, 400), (600, 600), 1),
        ((63, 900), Box(0, 0, 900, 63), (5, 5), 1),
    ],
)
def test_no_scale_has_fewer_pixels_than_are_wanted(sides, box, size, scale):
    with Image.open(encoded(size=sides)) as opened:
        assert jpeg_scale(opened, box, size) == scale
    with Image.open(encoded(size=sides, format="PNG")) as opened:
        assert jpeg_scale(opened, box, size) == 1


@pytest.mark.parametrize("options", [{"mode": "CMYK"}, {"format": "PNG"}], ids=str)
def test_other_colours_and_formats_are_left_to_pillow(options):
    assert decoded(encoded(**options)) is None


@pytest.mark.parametrize("is_progressive", [False, True])
@pytest.mark.parametrize("scale", SCALES)
def test_a_truncated_file_is_left_to_pillow_that_says_so(tmp_path, scale, is_progressive):
    content = encoded(progressive=is_progressive).getvalue()
    for missing in (1, 2, 3, 50, 200, len(content) // 2):
        (tmp_path / "a.jpg").write_bytes(content[:-missing])

        assert decoded(io.BytesIO(content[:-missing]), scale=scale) is None
        with pytest.raises(UnreadableImageError, match="truncated"):
            decode_image(tmp_path / "a.jpg", (3, 145 // scale, 161 // scale), "stretch")


def with_other_bytes(content, place, other):
    return content[:place] + other + content[place + len(other) :]


@pytest.mark.parametrize("place", [0.5, 0.7, 0.9])
@pytest.mark.parametrize(
    "other", [b"\xff\xd0\x00\xff\x12\x34\xff\xd9", b"\xff\xd9", b"\xff\xd3", b"\0\1\2\3"]
)
def test_a_file_damaged_inside_becomes_what_pillow_makes_of_it(place, other):
    content = encoded().getvalue()
    damaged = with_other_bytes(content, int(len(content) * place), other)

    image = decoded(io.BytesIO(damaged))

    if image is not None:
        assert torch.equal(image, by_pillow(io.BytesIO(damaged), 3, 1))


def test_a_picture_that_announces_too_many_pixels_is_refused(tmp_path):
    content = encoded().getvalue()
    sides = content.index((145).to_bytes(2, "big") + (161).to_bytes(2, "big"))
    (tmp_path / "a.jpg").write_bytes(with_other_bytes(content, sides, b"\xff\xdc\xff\xdc"))

    with pytest.raises(UnreadableImageError, match="decompression bomb"):
        decode_image(tmp_path / "a.jpg", (3, 8, 8), "stretch")


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("channels", [1, 3])
def test_where_pillow_has_to_decode_the_images_are_the_same(tmp_path, monkeypatch, channels, resize):
    (tmp_path / "a.jpg").write_bytes(encoded().getvalue())
    sizes = (140, 70, 33, 20)
    images = [decode_image(tmp_path / "a.jpg", (channels, side, side), resize) for side in sizes]

    monkeypatch.setattr(decode, "decode_jpeg", lambda *_: None)

    for side, image in zip(sizes, images, strict=True):
        assert torch.equal(decode_image(tmp_path / "a.jpg", (channels, side, side), resize), image)
