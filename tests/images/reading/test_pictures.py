"""Pictures of every kind of pixels become the grey or coloured pixels that a person sees."""

import io

import numpy as np
import pytest
from PIL import Image

from image_classification.images.reading.pictures import open_picture, picture_suffixes
from image_classification.images.reading.portable.decoding import grey_or_colours


def saved(picture, tmp_path, name, **options):
    picture.save(tmp_path / name, **options)
    return tmp_path / name


def colour(path, channels=3):
    with open_picture(path) as picture:
        pixels = np.array(grey_or_colours(picture, channels))
    assert pixels.shape == (4, 4, 3)[: 3 if channels == 3 else 2]
    assert pixels.dtype == np.uint8
    return pixels[1, 1].tolist()


def test_grey_and_coloured(tmp_path):
    grey = saved(Image.new("L", (4, 4), 100), tmp_path, "grey.png")
    red = saved(Image.new("RGB", (4, 4), (255, 0, 0)), tmp_path, "red.png")

    assert colour(grey) == [100, 100, 100]
    assert colour(red) == [255, 0, 0]
    assert colour(grey, channels=1) == 100
    assert colour(red, channels=1) == 76  # ITU-R 601-2: 0.299 of red


def test_black_and_white(tmp_path):
    assert colour(saved(Image.new("1", (4, 4), 1), tmp_path, "one.png"), channels=1) == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_shows_white_and_not_the_colour_beneath(tmp_path, mode):
    if mode == "P":
        picture = Image.new("P", (4, 4), 0)
        picture.putpalette([200, 10, 10, 0, 0, 0])
        path = saved(picture, tmp_path, "a.png", transparency=0)
    elif mode == "RGB":
        path = saved(Image.new("RGB", (4, 4), (200, 10, 10)), tmp_path, "a.png", transparency=(200, 10, 10))
    else:
        path = saved(Image.new(mode, (4, 4), (0,) * len(mode)), tmp_path, "a.png")

    assert colour(path) == [255, 255, 255]


def test_half_transparent_is_half_white(tmp_path):
    assert colour(saved(Image.new("RGBA", (4, 4), (0, 0, 0, 128)), tmp_path, "a.png")) == [127, 127, 127]


def test_palette_without_transparency(tmp_path):
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 10, 200, 30])

    assert colour(saved(picture, tmp_path, "p.png")) == [10, 200, 30]


def test_inks_become_light(tmp_path):
    cyan = saved(Image.new("CMYK", (4, 4), (255, 0, 0, 0)), tmp_path, "cyan.jpg", quality=100)

    red, green, blue = colour(cyan)

    assert red < 10
    assert green > 245
    assert blue > 245


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (4, 4), shade) for shade in ("red", "blue")]

    assert colour(
        saved(frames[0], tmp_path, "a.gif", save_all=True, append_images=frames[1:])
    ) == [255, 0, 0]  # fmt: skip


def test_an_image_is_known_by_its_content_where_its_name_says_nothing(tmp_path):
    path = saved(Image.new("L", (4, 4), 9), tmp_path, "n03874293_12", format="PNG")

    assert colour(path, channels=1) == 9


def test_a_text_without_a_name_is_taken_for_no_format(tmp_path):
    # the first bytes of a Targa file, which carries no mark
    header = bytes([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0])
    (tmp_path / "notes").write_bytes(header + bytes(3))
    (tmp_path / "notes.tga").write_bytes(header + bytes(3))

    with open_picture(tmp_path / "notes.tga") as picture:
        assert picture.format == "TGA"
    with pytest.raises(OSError, match="cannot identify"):
        open_picture(tmp_path / "notes")


def test_formats_that_would_run_another_program_are_not_read(tmp_path):
    assert {".jpg", ".png", ".webp"} <= picture_suffixes()
    assert ".eps" not in picture_suffixes()
    postscript = io.BytesIO()
    Image.new("L", (4, 4)).save(postscript, "EPS")
    (tmp_path / "a.jpg").write_bytes(postscript.getvalue())

    with pytest.raises(OSError, match="cannot identify"):
        open_picture(tmp_path / "a.jpg")
