"""What numbers of more than 8 bits mean is decided once, by the training images, and said."""

import json
import logging

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from image_classification.images.folder.folder_images import plan_folder_images
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_store import open_image_store, save_image_store
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.value_range import ValueRange

FLOAT_MAX = float(np.finfo(np.float32).max)


@pytest.fixture
def prepare(tmp_path, write_tiff, write_png):
    """Make a folder of {name: values (8, 8)}, of a type that its suffix holds, and build its store."""

    def prepared(files, value_range="auto", **parameters):
        root = tmp_path / "set"
        for name, values in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (write_png if path.suffix == ".png" else write_tiff)(path, values)
        chosen = FolderImageOptions(**{"size": 8, "channels": 1, "value_range": value_range, **parameters})
        path = tmp_path / "store.safetensors"
        save_image_store(plan_folder_images(index_image_files(root), root, chosen), path)
        return open_image_store(path)

    return prepared


def ramp(dtype, low, high):
    """(8, 8), from low to high."""
    return np.linspace(low, high, 64).reshape(8, 8).astype(dtype)


def pixels(store, name):
    ((_, image),) = store[name].items()
    return image


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        ("uint16", 0, 255, (0, 255)),
        ("int32", 0, 200, (0, 255)),
        ("uint16", 0, 256, (0, 1023)),
        ("uint16", 3, 1000, (0, 1023)),
        ("uint16", 100, 4001, (0, 4095)),
        ("int32", 0, 4096, (0, 16383)),
        ("uint16", 0, 16384, (0, 65535)),
        ("uint32", 0, 65535, (0, 65535)),
        ("int16", -1000, 3000, (-1000, 3000)),
        ("int32", -2000, 100_000, (-2000, 100_000)),
        ("uint32", 7, 4_000_000_000, (7, 4_000_000_000)),
        ("int8", -100, 100, (-100, 100)),
        ("int8", 0, 100, (0, 255)),
        ("float32", 0, 1, (0, 1)),
        ("float32", 0.25, 0.5, (0, 1)),
        ("float32", 0, 255, (0, 255)),
        ("float32", 3, 200, (0, 255)),
        ("float32", 0, 8, (0, 8)),
        ("float32", -1, 1, (-1, 1)),
        ("float32", 200, 310, (200, 310)),
    ],
)
def test_the_range_that_the_numbers_use(prepare, dtype, low, high, expected):
    store = prepare({"a/1.tif": ramp(dtype, low, high), "b/1.tif": ramp(dtype, low, high)})

    found = store.value_range
    assert (found.floats if dtype == "float32" else found.integers) == pytest.approx(expected)
    values = ramp(dtype, low, high).astype(float)
    shades = np.rint((values - expected[0]) / (expected[1] - expected[0]) * 255)
    np.testing.assert_allclose(pixels(store, "a/1.tif")[0], shades, atol=1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("stored", [3, 4])
def test_twelve_bits_of_colours(prepare, suffix, stored, channels):
    colour = np.array([4095, 2048, 0, 4095][:stored], np.uint16)
    store = prepare(
        {f"{name}.{suffix}": np.broadcast_to(colour, (8, 8, stored)) for name in ("a/1", "b/1")},
        channels=channels,
    )

    assert store.value_range.integers == (0, 4095)
    expected = [255, 128, 0] if channels == 3 else [151]  # 0.299, 0.587 and 0.114
    assert pixels(store, f"a/1.{suffix}")[:, 4, 4].tolist() == expected


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_alpha_is_no_value(prepare, suffix):
    half = np.broadcast_to(np.array([0, 0, 0, 32768], np.uint16), (8, 8, 4))
    dark = np.broadcast_to(np.array([1000, 0, 0, 65535], np.uint16), (8, 8, 4))
    store = prepare({f"a/1.{suffix}": half, f"b/1.{suffix}": dark})

    assert store.value_range.integers == (0, 1023)
    assert pixels(store, f"a/1.{suffix}")[0, 4, 4] == 127  # half of the white ground


@pytest.mark.parametrize("splits", [("train", "test"), ("train", "validation"), ("", "test")])
def test_training_images_alone_decide_and_others_are_clipped(prepare, caplog, splits, tmp_path):
    first, other = splits
    prefix = f"{first}/" if first else "train/"
    with caplog.at_level(logging.INFO):
        store = prepare(
            {
                f"{prefix}a/1.png": ramp("uint16", 0, 900),
                f"{prefix}b/1.png": ramp("uint16", 0, 800),
                f"{other}/a/1.png": ramp("uint16", 0, 60_000),
            }
        )

    assert store.value_range.integers == (0, 1023)
    assert pixels(store, f"{other}/a/1.png").max() == 255
    assert (
        "1 file holds numbers outside 0…1023, which become black or white: " + f"{other}/a/1.png."
    ) in caplog.text
    assert (
        "Files of more than 8 bits a channel: 3 hold whole numbers, in the training images 0…900"
        in caplog.text
    )


def test_one_range_for_all_files_keeps_them_comparable(prepare):
    store = prepare({"a/dim.tif": ramp("float32", -5, 0), "b/bright.tif": ramp("float32", 0, 5)})

    assert pixels(store, "a/dim.tif")[0, 0, 0] == 0
    assert pixels(store, "a/dim.tif")[0, 7, 7] == pixels(store, "b/bright.tif")[0, 0, 0] == 128
    assert pixels(store, "b/bright.tif")[0, 7, 7] == 255


@pytest.mark.parametrize(
    ("dtype", "odd", "expected"),
    [
        ("float32", np.nan, 0),
        ("float32", np.inf, 255),
        ("float32", -np.inf, 0),
        ("float32", -9999, 0),
        ("float32", 9999, 0),
        ("float32", -FLOAT_MAX, 0),
        ("float32", FLOAT_MAX, 0),
        ("float32", -3.4e38, 0),
        ("float32", 1e20, 0),
        ("float32", 9.96921e36, 0),
        ("float32", -99999, 0),
        ("float32", -1e10, 0),
        ("float32", -1e30, 0),
        ("int16", -9999, 0),
        ("int16", -32768, 0),
        ("int32", -(2**31), 0),
        ("int32", -999, 0),
        ("uint16", 65535, 255),
        ("int16", 32767, 255),
    ],
)
@pytest.mark.parametrize(("low", "high"), [(0, 200), (30, 100)])
def test_what_was_not_measured_moves_nothing(prepare, caplog, dtype, odd, expected, low, high):
    values = ramp(dtype, low, high)
    values[3, 3] = odd
    with caplog.at_level(logging.WARNING):
        store = prepare(
            {"a/odd.tif": values, "a/fine.tif": ramp(dtype, low, high), "b/1.tif": ramp(dtype, low, high)}
        )

    clean = prepare({"a/odd.tif": ramp(dtype, low, high)})
    assert clean.value_range.integers == store.value_range.integers
    assert clean.value_range.floats == store.value_range.floats
    assert pixels(store, "a/odd.tif")[0, 3, 3] == expected
    assert torch.equal(pixels(store, "a/fine.tif"), pixels(clean, "a/fine.tif"))
    assert "1 file holds " in caplog.text
    assert "a/odd.tif." in caplog.text
    assert "a/fine.tif" not in caplog.text


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_a_number_among_others_is_a_number(prepare, dtype):
    values = ramp(dtype, -1200, 3000)
    values[3, 3] = -999
    store = prepare({"a/1.tif": values, "b/1.tif": values})

    found = store.value_range.integers or store.value_range.floats
    assert (found, store.value_range.no_data) == ((-1200, 3000), ())
    assert pixels(store, "a/1.tif")[0, 3, 3] == round(201 / 4200 * 255)


@pytest.mark.parametrize(("dark", "expected"), [(0, 0), (1000, 4), (10_000, 39)])
def test_the_brightest_of_a_type_is_a_number_where_it_is_frequent(prepare, dark, expected):
    store = prepare({"a/1.png": ramp("uint16", dark, dark), "b/1.png": ramp("uint16", 65535, 65535)})

    assert store.value_range.integers == (0, 65535)
    assert [pixels(store, name).unique().tolist() for name in ("a/1.png", "b/1.png")] == [[expected], [255]]


@pytest.mark.parametrize("odd", [np.nan, -np.inf, -FLOAT_MAX])
def test_where_nothing_was_measured(prepare, caplog, odd):
    with caplog.at_level(logging.INFO):
        store = prepare({f"{name}/1.tif": np.full((8, 8), odd, np.float32) for name in "ab"})

    assert pixels(store, "a/1.tif").max() == 0
    assert "2 hold floats, in the training images nothing that was measured: 0…1 becomes" in caplog.text


def test_what_a_file_declares_is_missing_however_ordinary(tmp_path, write_tiff):
    path = write_tiff(tmp_path / "a.tif", np.array([[100, 4000]], np.uint16), tags={42113: (2, b"4000\0")})

    image = decode_image(path, (1, 1, 2), "stretch", ValueRange(integers=(0, 4095)))

    assert image.tolist() == [[[6, 0]]]


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("uint16", [0, 4095, 65535], [0, 16, 255]),
        ("int16", [-32768, 0, 32767], [0, 128, 255]),
        ("float32", [0, 0.5, 1], [0, 128, 255]),
    ],
)
def test_all_that_the_type_holds(prepare, dtype, values, expected):
    files = {f"{name}.tif": np.tile(np.array(values, dtype), (3, 1)) for name in ("a/1", "b/1")}
    store = prepare(files, "dtype", size=3)

    assert store.value_range == ValueRange()
    assert pixels(store, "a/1.tif")[0, 0].tolist() == expected


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_a_range_that_is_given(prepare, caplog, dtype):
    values = np.tile(np.array([5, 10, 20, 30], dtype), (4, 1))
    with caplog.at_level(logging.WARNING):
        store = prepare({"a/1.tif": values, "b/1.tif": values}, [10, 20], size=4)

    assert pixels(store, "a/1.tif")[0, 0].tolist() == [0, 0, 255, 255]
    assert "2 files hold numbers outside 10…20, which become black or white: a/1.tif, b/1.tif." in caplog.text


@pytest.mark.parametrize(
    ("speaks", "remedy"),
    [
        (lambda: None, "FolderImageOptions(value_range=[27000.0, 31000.0])"),
        (speak_of_parameters, '--params "image_folder.images.value_range=[27000, 31000]"'),
    ],
)
def test_few_shades_are_warned_of_with_what_to_type(prepare, caplog, speaks, remedy):
    speaks()
    with caplog.at_level(logging.WARNING):
        prepare({"a/1.png": ramp("uint16", 27_000, 31_000), "b/1.png": ramp("uint16", 27_000, 30_000)})

    assert (
        f"The training images use 6.1 % of 0…65535 only: they have few shades. To use all: {remedy}"
    ) in caplog.text


def test_eight_bits_stay_what_they_are_beside_more(prepare):
    store = prepare({"a/8.png": ramp("uint8", 0, 100), "b/16.png": ramp("uint16", 0, 1000)})

    np.testing.assert_array_equal(pixels(store, "a/8.png")[0], ramp("uint8", 0, 100))
    assert pixels(store, "b/16.png").max() == 249


def test_sets_of_eight_bits_are_not_looked_at_twice(prepare, monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr("image_classification.images.folder.folder_images.choose_value_range", refuse)

    store = prepare({"a/1.png": ramp("uint8", 0, 100), "b/1.png": ramp("uint8", 0, 100)})

    assert store.value_range is None


def test_a_file_that_breaks_off_is_left_out_and_decides_nothing(prepare, tmp_path):
    prepare({"a/1.tif": ramp("uint16", 0, 900), "b/1.tif": ramp("uint16", 0, 900)})
    (tmp_path / "set" / "a" / "0.png").write_bytes(b"")
    Image.fromarray(ramp("uint16", 0, 60_000)).save(tmp_path / "set" / "a" / "2.png")
    broken = tmp_path / "set" / "a" / "2.png"
    broken.write_bytes(broken.read_bytes()[:60])

    store = prepare({})

    assert store.value_range.integers == (0, 1023)
    assert store.status[store.names.index("a/2.png")].startswith("unreadable: ")


def test_another_range_builds_the_store_again_and_the_same_does_not(tmp_path, write_png):
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        write_png(tmp_path / "set" / name / "1.png", ramp("uint16", 0, 900))
    table = index_image_files(tmp_path / "set")

    def written(value_range):
        parameters = FolderImageOptions(size=8, channels=1, value_range=value_range)
        return save_image_store(plan_folder_images(table, tmp_path / "set", parameters), tmp_path / "s")

    assert [written(each) for each in ("auto", "auto", "dtype", [0, 900], [0, 900], "auto")] == [
        *(True, False, True, True, False, True)
    ]


@pytest.mark.parametrize(
    "value", ["full", [1], [1, 1], [2, 1], [0, float("inf")], [True, 3], ["0", "9"], None, 4095, [0, 1, 2]]
)
def test_what_is_no_range(value):
    with pytest.raises(ValidationError, match="expected"):
        FolderImageOptions(value_range=value)


def test_it_survives_json():
    value_range = ValueRange(integers=(-1000, 3000), floats=(0, 0.1), no_data=(-9999,))

    assert ValueRange(**json.loads(json.dumps(value_range.model_dump(mode="json")))) == value_range
    assert str(value_range) == "whole numbers -1000…3000, floats 0…0.1"
