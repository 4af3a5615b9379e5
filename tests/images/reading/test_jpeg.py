"""Torchvision's decoder gives the pixels that Pillow gives, and leaves everything odd to Pillow."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from image_classification.images.reading import decode, jpeg
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.jpeg import decode_jpeg
from image_classification.images.reading.pictures import grey_or_colours


def picture(mode="RGB", size=(161, 145)):
    noise = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(mode="RGB", **options):
    file = io.BytesIO()
    picture(mode).save(file, **{"format": "JPEG", **options})
    return file


def decoded(file, channels=3):
    with Image.open(file) as opened:
        return decode_jpeg(opened, file, channels)


def by_pillow(file, channels):
    with Image.open(file) as opened:
        if channels == 1:
            opened.draft("L", opened.size)
        pixels = torch.from_numpy(np.array(grey_or_colours(opened, channels)))
    return pixels[None] if channels == 1 else pixels.permute(2, 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
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
def test_the_pixels_are_those_of_pillow(options, channels):
    file = encoded(**options)

    image = decoded(file, channels)

    assert image.dtype == torch.uint8
    assert torch.equal(image, by_pillow(file, channels))


@pytest.mark.parametrize("options", [{"mode": "CMYK"}, {"format": "PNG"}], ids=str)
def test_other_colours_and_formats_are_left_to_pillow(options):
    assert decoded(encoded(**options)) is None


def test_a_broken_file_is_left_to_pillow_that_says_what_is_wrong(tmp_path):
    content = encoded().getvalue()
    (tmp_path / "a.jpg").write_bytes(content[:-200])

    assert decoded(io.BytesIO(content[:-200])) is None
    with pytest.raises(UnreadableImageError, match="truncated"):
        decode_image(tmp_path / "a.jpg", (3, 145, 161), "stretch")


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_the_decoder_the_images_are_the_same(tmp_path, monkeypatch, channels, resize):
    (tmp_path / "a.jpg").write_bytes(encoded().getvalue())
    image = decode_image(tmp_path / "a.jpg", (channels, 140, 140), resize)

    monkeypatch.setattr(jpeg, "_decoder", lambda: None)

    assert torch.equal(decode_image(tmp_path / "a.jpg", (channels, 140, 140), resize), image)


def test_it_is_used_at_full_size_and_pillow_where_a_smaller_scale_will_do(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(encoded().getvalue())
    used = []
    monkeypatch.setattr(decode, "decode_jpeg", lambda *_: used.append(True))

    decode_image(tmp_path / "a.jpg", (3, 20, 20), "stretch")
    assert not used
    decode_image(tmp_path / "a.jpg", (3, 80, 80), "stretch")
    assert used
