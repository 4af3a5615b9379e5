"""A copy of a data set on this machine is read without the library: its pixels, classes and splits."""

import io
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image as Picture
from tests.images.hugging_face.conftest import SIDE, pictures

from image_classification.errors import UserError
from image_classification.images.hugging_face.hugging_face import is_copy, plan_hugging_face
from image_classification.images.hugging_face.options import HuggingFaceOptions


def pixels(seed, count):
    return torch.stack([torch.from_numpy(np.array(each)).permute(2, 0, 1) for each in pictures(count, seed)])


@pytest.mark.parametrize("form", ["saved", "parquet", "converted", "plain"])
def test_every_form_of_a_copy(make, write, opened, form, monkeypatch):
    splits = {"train": make([0, 1, 1], seed=1), "validation": make([1, 0], seed=2), "test": make([0], seed=3)}
    path = write(splits, form)
    monkeypatch.setitem(sys.modules, "datasets", None)  # as if it were not installed

    images = opened(path)

    order = sorted(range(len(images)), key=lambda row: images.given_splits[row])
    assert [(images.given_splits[row], int(images.labels[row])) for row in order] == [
        ("test", 0), ("train", 0), ("train", 1), ("train", 1), ("validation", 1), ("validation", 0),
    ]  # fmt: skip
    assert images.class_names == ["cat", "dog"]
    assert set(images.status) == {"ok"}
    assert torch.equal(images.images[order], torch.cat([pixels(3, 1), pixels(1, 3), pixels(2, 2)]))
    assert [images.names[row] for row in order][:2] == ["test/00000", "train/00000"]
    assert images.data_name == "set"


def test_a_single_file(make, write, opened):
    path = write({"train": make([0, 1] * 10)}, "plain") / "train.parquet"

    images = opened(path)

    assert images.data_name == "train"
    assert sorted(set(images.given_splits)) == ["test", "train"]


def test_several_files_of_a_split_in_their_order(make, write, opened):
    path = write({"train": make([0] * 3, seed=1), "test": make([1, 0])})
    for number in (10, 2):
        make([1], seed=number).to_parquet(path / f"data/train-{number}-of-00011.parquet")

    images = opened(path)

    train = [row for row in range(len(images)) if images.given_splits[row] == "train"]
    assert [images.names[row] for row in train] == [f"train/{number:05d}" for number in range(5)]
    assert torch.equal(images.images[train[3:]], torch.cat([pixels(2, 1), pixels(10, 1)]))


@pytest.mark.parametrize(
    ("options", "shape"),
    [({"channels": 1}, (1, SIDE, SIDE)), ({"size": (4, 6), "resize": "crop"}, (3, 4, 6))],
)
def test_size_and_channels(make, write, opened, options, shape):
    images = opened(write({"train": make([0, 1] * 2)}), test=0.0, images=options)

    assert tuple(images.images.shape[1:]) == shape


def test_more_rows_than_are_read_at_once(make, write, opened):
    labels = [0, 1, -1] * 70

    images = opened(write({"train": make(labels, seed=5)}), test=0.0)

    kept = [place for place, label in enumerate(labels) if label >= 0]
    assert torch.equal(images.images[:], pixels(5, 210)[kept])
    assert images.names == [f"train/{place:05d}" for place in kept]


def png(colour):
    buffer = io.BytesIO()
    Picture.new("RGB", (SIDE, SIDE), colour).save(buffer, "PNG")
    return buffer.getvalue()


def write_rows(path, images, labels):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    path.mkdir()
    pq.write_table(pa.table({"image": pa.array(images, kind), "label": labels}), path / "train.parquet")
    return path


def test_images_that_cannot_be_read_keep_their_row_and_say_why(tmp_path, opened):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("red"))
    rows = [
        {"bytes": png("red"), "path": "1.png"},
        {"bytes": b"no picture", "path": "2.png"},
        {"bytes": png("blue")[:40], "path": None},
        {"bytes": None, "path": str(secret)},
        None,
        {"bytes": b"", "path": None},
    ]
    path = write_rows(tmp_path / "set", rows, ["a", "b", "a", "b", "a", "b"])

    images = opened(path, test=0.0)

    assert images.status[0] == "ok"
    assert images.status[1] == "unreadable: not an image, although its name ends in .png"
    assert images.status[2].startswith("unreadable: ")
    assert images.status[3] == "unreadable: its content is not in the data set"
    assert images.status[4:] == ["unreadable: there is no image"] * 2
    assert not images.images[1:].any()


def test_a_copy_that_only_says_where_its_images_were(tmp_path, opened):
    (tmp_path / "1.png").write_bytes(png("red"))
    rows = [{"bytes": None, "path": str(tmp_path / "1.png")}] * 4

    with pytest.raises(UserError, match="None of the 4 images is in"):
        opened(write_rows(tmp_path / "set", rows, ["a", "b"] * 2), test=0.0)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<html>", b"\xff\xff\xff\xff\x10\0\0\0junk"])
@pytest.mark.parametrize("name", ["train.parquet", "train.arrow"])
def test_damaged_files(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UserError, match=rf"{name} cannot be read"):
        plan_hugging_face(HuggingFaceOptions(path=str(tmp_path)))


def test_a_file_that_is_cut_short(make, write):
    path = write({"train": make([0, 1] * 20)}, "saved")
    [file] = path.rglob("*.arrow")
    file.write_bytes(file.read_bytes()[:-3000])

    with pytest.raises(UserError, match=r"arrow cannot be read"):
        plan_hugging_face(HuggingFaceOptions(path=str(path)))


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"there is no file \.parquet or \.arrow in it"):
        plan_hugging_face(HuggingFaceOptions(path=str(tmp_path)))
    with pytest.raises(UserError, match="names nothing yet"):
        plan_hugging_face(HuggingFaceOptions())
    with pytest.raises(UserError, match="there is no such folder"):
        plan_hugging_face(HuggingFaceOptions(path=str(tmp_path / "nothing")))


def test_the_digest_is_of_content_and_options(make, write):
    def digest(path, **options):
        return plan_hugging_face(HuggingFaceOptions(path=str(path), **options)).digest

    first = write({"train": make([0, 1] * 3)}, folder="a")
    digests = {
        digest(first),
        digest(first, images={"size": 9}),
        digest(first, images={"resize": "crop"}),
        digest(first, images={"interpolation": "bicubic"}),
        digest(first, test=0.0),
        digest(first, split={"seed": 1}),
        digest(write({"train": make([0, 1] * 3, seed=1)}, folder="b")),
        digest(write({"train": make([1, 0] * 3)}, folder="c")),
    }
    assert len(digests) == 8
    assert digest(first) == digest(write({"train": make([0, 1] * 3)}, folder="d"))
    assert digest(first) == digest(first, images={"interpolation": "bilinear"})


@pytest.mark.parametrize("form", ["saved", "parquet", "converted", "plain"])
def test_a_copy_is_recognised(make, write, form, tmp_path):
    assert is_copy(write({"train": make([0, 1])}, form))
    pq.write_table(pa.table({"path": ["a.jpg"], "label": ["x"]}), tmp_path / "table.parquet")
    (tmp_path / "other").mkdir()
    assert not is_copy(tmp_path / "table.parquet")
    assert not is_copy(tmp_path / "other")
    assert not is_copy(Path(__file__).parent)
