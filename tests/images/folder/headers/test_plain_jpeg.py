"""The header of a usual JPEG file is read as Pillow reads it; whatever is unusual is left to Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from image_classification.images.folder.headers.header import Header, read_header
from image_classification.images.folder.headers.plain_jpeg import plain_jpeg
from image_classification.images.reading.orientation import orientation_of

NOISE = np.random.default_rng(0).integers(0, 256, (30, 44, 4), dtype=np.uint8)


def jpeg(mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(NOISE[..., :3]).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(content):
    """What Pillow finds, also of how it lies; None where it refuses."""
    try:
        file = io.BytesIO(content)
        with Image.open(file, formats=("JPEG",)) as picture:
            return (*picture.size, picture.mode, orientation_of(picture, file), picture.format)
    except Exception:  # of every kind
        return None


def lying():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


USUAL = {
    "colours": jpeg(),
    "grey": jpeg("L"),
    "progressive": jpeg(progressive=True),
    "comment": jpeg(comment=b"made by hand", dpi=(300, 300)),
    "restarts": jpeg(restart_marker_blocks=2, quality=95, subsampling=0),
}
LEFT = {
    "inks": jpeg("CMYK"),
    "lying": jpeg(exif=lying()),
    "profile": jpeg(icc_profile=b"a profile"),
    "sixteen bits": USUAL["colours"].replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x10"),
    "two frames": USUAL["colours"].replace(
        b"\xff\xc0\x00\x11", b"\xff\xc0\x00\x11" + b"\x08" * 15 + b"\xff\xc0\x00\x11"
    ),
    "no height": USUAL["colours"].replace(b"\x08\x00\x1e", b"\x08\x00\x00"),
    "many pixels": USUAL["colours"].replace(b"\x08\x00\x1e\x00\x2c", b"\x08\xff\xff\xff\xff"),
    "nothing": b"",
    "text": b"\xff\xd8\xff and nothing more",
}


@pytest.mark.parametrize("kind", USUAL)
def test_a_usual_one_is_read_as_pillow_reads_it(kind, tmp_path):
    width, height, mode, *_ = by_pillow(USUAL[kind])
    (tmp_path / "a.jpg").write_bytes(USUAL[kind])

    assert plain_jpeg(USUAL[kind]) == (width, height, mode)
    header, is_for_good = read_header(tmp_path / "a.jpg")
    assert header[1:] == Header("", 44, 30, mode)[1:]
    assert is_for_good


@pytest.mark.parametrize("kind", LEFT)
def test_an_unusual_one_is_left_to_pillow(kind):
    assert plain_jpeg(LEFT[kind]) is None


def test_a_picture_that_lies_on_its_side_is_upright_in_the_table(tmp_path):
    (tmp_path / "a.jpg").write_bytes(LEFT["lying"])

    assert read_header(tmp_path / "a.jpg")[0][1:4] == (30, 44, "RGB")


@pytest.mark.parametrize("kind", USUAL)
def test_of_a_damaged_one_nothing_is_found_that_pillow_would_not_find(kind):
    content, random = USUAL[kind], np.random.default_rng(1)
    header = content.index(b"\xff\xda") + 14
    found = 0
    for _ in range(3000):
        damaged = bytearray(content)
        for place in random.integers(2, header, random.integers(1, 4)):
            damaged[place] = random.choice([0, 1, 0xC0, 0xE1, 0xFF, random.integers(256)])
        if random.random() < 0.2:
            del damaged[random.integers(2, header) :]
        plain = plain_jpeg(bytes(damaged))
        if plain is not None:
            found += 1
            assert by_pillow(bytes(damaged)) == (*plain, 1, "JPEG")
    assert found > 100
