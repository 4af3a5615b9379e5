"""Whatever is in a picture file, it becomes an image of the wanted size or a reason in words."""

import io
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_classification.images.reading.decode import UnreadableImageError, decode_image, has_many_bits
from image_classification.images.reading.memory import MemoryBudget

SIDE = 24
NO_MORE = 2**28  # bytes: a mutated header may announce any size


def made(kind: str) -> Image.Image:
    """A small picture in one of Pillow's modes."""
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    if kind == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    if kind == "F":
        return Image.fromarray(pixels[..., 0].astype(np.float32))
    return Image.fromarray(pixels, "RGBA").convert("RGB").convert(kind)


FORMATS = {
    "png": [("RGB", {}), ("L", {}), ("P", {"transparency": 3}), ("RGBA", {}), ("I;16", {}), ("1", {})],
    "jpg": [("RGB", {}), ("RGB", {"progressive": True}), ("L", {}), ("CMYK", {})],
    "webp": [("RGB", {}), ("RGBA", {"lossless": True})],
    "gif": [("P", {}), ("L", {"save_all": True, "append_images": [Image.new("L", (SIDE, SIDE))] * 2})],
    "bmp": [("RGB", {}), ("P", {})],
    "tif": [
        ("RGB", {}),
        ("RGB", {"compression": "tiff_lzw"}),
        ("L", {"compression": "tiff_deflate"}),
        ("1", {"compression": "group4"}),
        ("F", {}),
        ("I;16", {}),
        ("CMYK", {"compression": "packbits"}),
    ],
    "ppm": [("RGB", {}), ("L", {}), ("1", {})],
    "jp2": [("RGB", {})],
    "avif": [("RGB", {})],
    "ico": [("RGBA", {})],
    "tga": [("RGB", {"compression": "tga_rle"})],
    "pcx": [("RGB", {})],
    "sgi": [("RGB", {})],
}
CASES = [(ending, number) for ending, kinds in FORMATS.items() for number in range(len(kinds))]


@cache
def whole(ending: str, number: int) -> bytes:
    """The content of a valid file."""
    mode, options = FORMATS[ending][number]
    file = io.BytesIO()
    made(mode).save(file, Image.registered_extensions()[f".{ending}"], **options)
    return file.getvalue()


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A valid file of some format with bytes changed, left out, put in or doubled."""
    ending, number = draw(st.sampled_from(CASES))
    content = bytearray(whole(ending, number))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content))) if draw(st.booleans()) else draw(st.integers(0, 64))
        length = draw(st.integers(0, 8))
        what = draw(st.sampled_from(("change", "drop", "insert", "double", "cut")))
        if what == "change":
            content[start : start + length] = draw(st.binary(min_size=length, max_size=length))
        elif what == "drop":
            del content[start : start + length]
        elif what == "insert":
            content[start:start] = draw(st.binary(max_size=8))
        elif what == "double":
            content[start:start] = content[start : start + 64]
        else:
            del content[start:]
    return ending, bytes(content)


def decoded(ending: str, content: bytes, channels: int, resize: str) -> torch.Tensor | None:
    """Decode a file of that content; None where that gives a reason."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        path.write_bytes(content)
        has_many_bits(path)
        budget = MemoryBudget(NO_MORE, "", lambda: 0)
        try:
            return decode_image(path, (channels, 7, 5), resize, budget=budget)
        except UnreadableImageError as error:
            assert str(error).strip()
            assert str(path) not in str(error)
            assert "Traceback" not in str(error)
            return None
        finally:
            assert budget._used == 0


@given(damaged(), st.sampled_from((1, 3)), st.sampled_from(("stretch", "crop", "letterbox")))
def test_a_damaged_picture_gives_an_image_or_a_reason(
    file: tuple[str, bytes], channels: int, resize: str
) -> None:
    image = decoded(*file, channels, resize)

    assert image is None or (image.shape == (channels, 7, 5) and image.dtype == torch.uint8)


@given(st.binary(max_size=200), st.sampled_from([*FORMATS, "txt", "heic"]))
def test_bytes_that_are_no_picture_give_a_reason(content: bytes, ending: str) -> None:
    image = decoded(ending, content, 3, "stretch")

    assert image is None or image.shape == (3, 7, 5)


@pytest.mark.parametrize(("ending", "number"), CASES)
def test_all_are_valid_before_they_are_damaged(ending: str, number: int) -> None:
    assert decoded(ending, whole(ending, number), 3, "stretch") is not None
