"""What is handed over is one image or several, as its kind and shape say."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from image_classification.inference.given import images_of

SQUARE = np.zeros((6, 6), np.uint8)


@pytest.fixture
def pictures(tmp_path):
    for name in ("b.png", "a.png", "deep/c.png"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(SQUARE).save(tmp_path / "set" / name)
    return tmp_path / "set"


def found(given, channels=1):
    images, is_single = images_of(given, channels)
    return [image.name for image in images], is_single


@pytest.mark.parametrize(
    ("shape", "channels", "count"),
    [
        ((6, 6), 1, None),
        ((6, 6, 3), 1, None),
        ((6, 6, 1), 3, None),
        ((1, 6, 6), 1, None),
        ((3, 6, 6), 3, None),
        ((3, 6, 6), 1, 3),  # grey images, for a network that takes those
        ((9, 6, 6), 3, 9),
        ((9, 6, 6, 3), 3, 9),
        ((9, 3, 6, 6), 3, 9),
        ((0, 6, 6), 1, 0),
        ((1, 6, 6, 1), 1, 1),
    ],
)
def test_arrays(shape, channels, count):
    names, is_single = found(np.zeros(shape, np.uint8), channels)

    assert is_single == (count is None)
    assert names == (["0"] if count is None else [str(number) for number in range(count)])


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((6, 6), None),
        ((1, 6, 6), None),
        ((6, 6, 3), None),
        ((9, 6, 6), 9),
        ((2, 3, 6, 6), 2),
        ((2, 6, 6, 3), 2),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_tensors(shape, count, channels):
    names, is_single = found(torch.zeros(shape, dtype=torch.uint8), channels)

    assert is_single == (count is None)
    assert len(names) == (count or 1)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("size", [(6, 6), (28, 28), (5, 9)])
def test_a_tensor_that_may_be_one_picture_or_several_grey_ones(count, size):
    """(3, 28, 28) is what torch has for a coloured picture, and for three grey ones as well."""
    tensor = torch.zeros((count, *size), dtype=torch.uint8)
    with pytest.raises(TypeError, match=rf"one picture of {count} channels, or {count} grey ones: hand over"):
        found(tensor, channels=1)
    assert found(tensor, channels=3)[1]
    assert found(tensor[None], channels=1) == (["0"], False)
    assert len(found(tensor[:, None], channels=1)[0]) == count


def test_opened_files_and_arrays_of_names(pictures):
    content = (pictures / "a.png").read_bytes()
    with (pictures / "a.png").open("rb") as file:
        images, is_single = images_of(file, 1)
    assert (images[0].source, is_single) == (content, True)
    images, is_single = images_of([io.BytesIO(content), io.BytesIO(content)], 1)
    assert ([each.source for each in images], is_single) == ([content] * 2, False)
    names = np.array([str(pictures / "b.png"), str(pictures / "a.png")])
    assert found(names) == (names.tolist(), False)


@pytest.mark.parametrize("table", [pd.DataFrame({"file": ["a.png"]}), pd.Series(["a.png"])])
def test_of_a_table_its_column_is_asked_for(table):
    with pytest.raises(TypeError, match=r"found \w+: of a table hand over its column of files, as a list"):
        images_of(table, 1)


def test_files(pictures):
    one = pictures / "a.png"
    assert found(one) == ([str(one)], True)
    assert found(str(one)) == ([str(one)], True)
    assert found([one, str(pictures / "b.png")]) == ([str(one), str(pictures / "b.png")], False)
    assert found(pictures) == (["a.png", "b.png", "deep/c.png"], False)
    (pictures.parent / "table.csv").write_text("path,label\nset/b.png,x\nset/gone.png,x\n")
    assert found(pictures.parent / "table.csv") == (["set/b.png", "set/gone.png"], False)
    assert found({"first": one, 2: SQUARE}) == (["first", "2"], False)


@pytest.mark.parametrize(
    ("given", "is_single", "count"),
    [
        (Image.fromarray(SQUARE), True, 1),
        (b"content", True, 1),
        (bytearray(b"content"), True, 1),
        ([Image.fromarray(SQUARE)], False, 1),
        ((SQUARE, torch.zeros(3, 6, 6), b"content"), False, 3),
        ((each for each in (SQUARE, SQUARE)), False, 2),
        (SQUARE.tolist(), True, 1),
        ([SQUARE.tolist()] * 5, False, 5),
        ([], False, 0),
        ({}, False, 0),
    ],
)
def test_one_and_many(given, is_single, count):
    images, found_single = images_of(given, 1)

    assert (found_single, len(images)) == (is_single, count)


@pytest.mark.parametrize(
    "given", [None, 3, 2.5, object(), [None], ["a.png", object()], [["a", "b"]], [[1], [1, 2]]]
)
def test_what_is_nothing_of_that_kind_is_refused(given):
    with pytest.raises(TypeError, match="expected the path of a picture"):
        images_of(given, 1)
