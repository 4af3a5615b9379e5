"""The image store and the splits as Kedro datasets: one block of pixels on disk, row numbers beside it."""

import base64
import io
import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from kedro.io import DatasetError
from kedro_datasets._typing import ImagePreview
from PIL import Image

from image_classification.datasets.images import ImageDictDataset, TensorSetDataset
from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.tensor_sets import ImageTensorDataset


def fill(block, advance):
    numbers = np.arange(len(block), dtype=np.uint8)[:, None, None, None]
    block.write(0, np.broadcast_to(numbers, block.shape))
    return ["ok"] * (len(block) - 1) + ["truncated file"]


PLAN = ImageDictPlan(
    names=[f"image {row}" for row in range(20)],
    labels=np.arange(20) % 2,
    class_names=["even", "odd"],
    given_splits=["train"] * 20,
    data_name="numbers",
    image_shape=(1, 4, 4),
    digest="first digest",
    fill=fill,
)


@pytest.fixture
def images(tmp_path):
    dataset = ImageDictDataset(filepath=str(tmp_path / "data" / "primary" / "images.safetensors"))
    dataset.save(PLAN)
    return dataset


@pytest.fixture
def split(images, tmp_path):
    dataset = TensorSetDataset(
        filepath=str(tmp_path / "data" / "model_input" / "train_set.safetensors"), pipeline="numbers"
    )
    dataset.save(ImageTensorDataset(images.load(), torch.tensor([5, 2, 8])))
    return dataset


def test_a_split_comes_back_with_its_images(split):
    loaded = split.load()

    gathered, labels = loaded.tensors
    assert gathered[:, 0, 0, 0].tolist() == [5, 2, 8]
    assert labels.tolist() == [1, 0, 0]
    assert loaded.names == ["image 5", "image 2", "image 8"]
    assert len(loaded.images) == 20


def test_only_row_numbers_are_written(images, tmp_path):
    large = ImageDictDataset(filepath=str(tmp_path / "large.safetensors"))
    large.save(replace(PLAN, image_shape=(3, 100, 100)))
    split = TensorSetDataset(filepath=str(tmp_path / "split.safetensors"), pipeline="numbers")

    split.save(ImageTensorDataset(large.load(), torch.arange(20)))

    assert (tmp_path / "split.safetensors").stat().st_size < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory maps")
def test_the_images_of_a_loaded_split_are_mapped_from_the_store(split, images):
    store = images.load().path
    loaded = split.load()

    address = loaded.images.data_ptr()
    with Path("/proc/self/maps").open() as maps:
        mapped = [
            line.split()[-1]
            for line in maps
            if int(line.split("-")[0], 16) <= address < int(line.split("-")[1].split()[0], 16)
        ]
    assert mapped == [str(store)]


def test_the_folder_may_be_moved(split, tmp_path):
    shutil.move(tmp_path / "data", tmp_path / "elsewhere")

    moved = TensorSetDataset(
        filepath=str(tmp_path / "elsewhere" / "model_input" / "train_set.safetensors"), pipeline="numbers"
    )

    assert len(moved.load()) == 3


def test_a_split_of_other_images_is_refused_and_says_what_to_run(split, images):
    first = images.load().digest
    images.save(replace(PLAN, digest="second digest"))

    with pytest.raises(UserError, match="other images") as caught:
        split.load()

    assert "kedro run --pipeline numbers" in str(caught.value)
    assert f"expects those with digest {first[:12]}, found {images.load().digest[:12]}" in str(caught.value)


@pytest.mark.parametrize("damage", ["missing", "damaged", "no images"])
def test_what_is_missing_or_damaged_says_what_to_run(split, images, tmp_path, damage):
    rows = tmp_path / "data" / "model_input" / "train_set.safetensors"
    if damage == "missing":
        rows.unlink()
    elif damage == "damaged":
        rows.write_bytes(rows.read_bytes()[:30])
    else:
        images.load().path.unlink()

    with pytest.raises(UserError, match="kedro run --pipeline numbers") as caught:
        split.load()

    assert str(rows) in str(caught.value).splitlines()[0]


def test_a_message_to_a_person_survives_the_way_out_of_a_worker_process(split, images):
    images.load().path.unlink()

    with pytest.raises(UserError) as caught:
        split.load()

    copy = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copy, UserError)
    assert str(copy) == str(caught.value)


def test_images_in_memory_cannot_be_referred_to(split):
    in_memory = ImageDict(
        images=torch.zeros((1, 1, 1, 1), dtype=torch.uint8),
        labels=torch.zeros(1, dtype=torch.int64),
        names=["a"],
        class_names=["a"],
    )

    with pytest.raises(DatasetError, match="memory"):
        split.save(ImageTensorDataset(in_memory, torch.tensor([0])))

    assert len(split.load()) == 3


def test_existence(split, images, tmp_path):
    assert split.exists()
    assert images.exists()
    assert not ImageDictDataset(filepath=str(tmp_path / "none")).exists()


def test_a_remote_place_is_refused():
    with pytest.raises(DatasetError, match="local path"):
        ImageDictDataset(filepath="s3://bucket/images.safetensors")


def test_previews_are_pictures(split, images):
    for dataset in (split, images):
        assert type(dataset).preview.__annotations__["return"] is ImagePreview
        picture = Image.open(io.BytesIO(base64.b64decode(dataset.preview())))
        assert picture.format == "PNG"
        picture.load()


def test_the_preview_of_a_split_shows_its_own_images(split, images):
    assert split.preview() != images.preview()
