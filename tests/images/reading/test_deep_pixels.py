"""Numbers of more than 8 bits come out of a file as they went in, whatever its format and byte order."""

import numpy as np
import pytest
from PIL import Image

from image_classification.images.reading.deep_pixels import deep_mode, is_deep, read_deep_pixels
from image_classification.images.reading.pictures import open_picture


def read(path):
    with path.open("rb") as file, open_picture(path, file) as picture:
        assert is_deep(deep_mode(picture))
        return read_deep_pixels(picture, file)


def numbers(dtype, *shape, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 1e5, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("shape", [(5, 7), (7, 5, 3), (1, 9, 2), (6, 1, 4)])
def test_sixteen_bits_of_png(tmp_path, write_png, shape):
    values = numbers("uint16", *shape)

    pixels = read(write_png(tmp_path / "a.png", values))

    colours = values if values.ndim == 2 else values[..., : 1 if shape[2] == 2 else 3].squeeze()
    np.testing.assert_array_equal(pixels.values.squeeze(), colours)
    assert pixels.mode == ("L" if len(shape) == 2 or shape[2] == 2 else "RGB")
    assert pixels.limits == (0, 65535)
    if len(shape) == 3 and shape[2] in (2, 4):
        np.testing.assert_allclose(pixels.alpha, values[..., -1] / 65535)
    else:
        assert pixels.alpha is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_of_tiff(tmp_path, write_tiff, order, deflate, channels):
    values = numbers("uint16", 6, 9, channels).squeeze()

    pixels = read(write_tiff(tmp_path / "a.tif", values, order, deflate))

    np.testing.assert_array_equal(pixels.values, values[..., :3] if channels > 1 else values)
    assert (pixels.alpha is not None) == (channels == 4)


@pytest.mark.parametrize(
    ("dtype", "order", "limits"),
    [
        ("int8", "<", (-128, 127)),
        ("int16", "<", (-32768, 32767)),
        ("int16", ">", (-32768, 32767)),
        ("int32", "<", (-(2**31), 2**31 - 1)),
        ("int32", ">", (-(2**31), 2**31 - 1)),
        ("uint32", "<", (0, 2**32 - 1)),
        ("float32", "<", (0, 1)),
        ("float32", ">", (0, 1)),
    ],
)
def test_signed_long_and_broken_numbers_of_tiff(tmp_path, write_tiff, dtype, order, limits):
    values = numbers(dtype, 4, 6)

    pixels = read(write_tiff(tmp_path / "a.tif", values, order))

    np.testing.assert_array_equal(pixels.values, values)
    assert pixels.limits == limits
    assert pixels.are_floats == (dtype == "float32")


@pytest.mark.parametrize("largest", [4095, 65535])
def test_portable_pixmaps(tmp_path, largest):
    values = np.random.default_rng(0).integers(0, largest, (3, 4, 3), dtype=np.uint16, endpoint=True)
    (tmp_path / "a.ppm").write_bytes(b"P6\n# c\n4 3\n%d\n" % largest + values.astype(">u2").tobytes())
    (tmp_path / "b.ppm").write_bytes(b"P6 4 3 %d\n" % largest + values.astype(">u2").tobytes()[:-1])

    pixels = read(tmp_path / "a.ppm")

    np.testing.assert_array_equal(pixels.values, values)
    assert pixels.limits == (0, largest)
    with pytest.raises(OSError, match="truncated"):
        read(tmp_path / "b.ppm")


def test_the_colour_that_is_declared_transparent(tmp_path, write_png):
    from_grey, from_colours = np.array([[1, 2]], np.uint16), np.array([[[1, 2, 3], [1, 2, 259]]], np.uint16)
    Image.fromarray(from_grey).save(tmp_path / "grey.png", transparency=2)
    chunk = b"\0\0\0\x06tRNS\0\1\0\2\0\3" + bytes.fromhex("00000000")
    path = write_png(tmp_path / "colours.png", from_colours, before=_with_checksum(chunk))

    assert read(tmp_path / "grey.png").alpha.tolist() == [[1, 0]]
    assert read(path).alpha.tolist() == [[0, 1]]


def _with_checksum(chunk):
    import zlib  # noqa: PLC0415

    return chunk[:-4] + zlib.crc32(chunk[4:-4]).to_bytes(4, "big")


def test_premultiplied_colours_are_divided_by_alpha(tmp_path, write_tiff):
    values = np.array([[[1000, 2000, 3000, 32768], [4000, 0, 60000, 65535]]], np.uint16)

    pixels = read(write_tiff(tmp_path / "a.tif", values, tags={338: (3, (1,))}))

    np.testing.assert_allclose(pixels.values, [[[2000, 4000, 6000], [4000, 0, 60000]]], atol=1)


def test_twelve_bits_of_alpha_are_opaque(tmp_path, write_png):
    values = np.full((2, 2, 4), 4095, np.uint16)

    assert (read(write_png(tmp_path / "a.png", values)).alpha == 1).all()


@pytest.mark.parametrize(("text", "expected"), [(b"-9999\0", (-9999.0,)), (b"0\0", (0.0,)), (b"none\0", ())])
def test_the_no_data_value_that_a_geotiff_declares(tmp_path, write_tiff, text, expected):
    path = write_tiff(tmp_path / "a.tif", numbers("float32", 2, 3), tags={42113: (2, text)})

    assert read(path).no_data == expected


def test_small_numbers_may_be_bright(tmp_path, write_tiff):
    path = write_tiff(tmp_path / "a.tif", numbers("uint16", 2, 3), tags={262: (3, (0,))})

    assert read(path).white_is_zero


def test_channels_each_by_itself_are_refused_and_not_read_wrongly(tmp_path, write_tiff):
    path = write_tiff(tmp_path / "a.tif", numbers("uint16", 4, 4, 3), tags={284: (3, (2,))})

    with pytest.raises(OSError, match="each stored by itself: convert it to PNG"):
        read(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "gif", "bmp", "webp", "ppm"])
def test_eight_bits_are_not_deep(tmp_path, mode, suffix):
    path = tmp_path / f"a.{suffix}"
    try:
        Image.new(mode, (4, 4)).save(path)
    except (OSError, ValueError):
        pytest.skip("the format knows no such pixels")
    with open_picture(path) as picture:
        assert deep_mode(picture) is None
        assert not is_deep(picture.mode)
