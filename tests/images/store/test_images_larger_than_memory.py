"""A store that is larger than the free memory is read from its file, row by row: the same images."""

import logging
import os
import pickle

import numpy as np
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.store import opened_store
from image_classification.images.store.image_store import ImageDictPlan, save_image_store, store_digest
from image_classification.images.store.opened_store import open_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.batches import Batches


def save(path, count=23, shape=(3, 5, 7), seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)

    def fill(block, advance):
        block.write(0, pixels)
        advance(count)
        return ["ok"] * count

    plan = ImageDictPlan(
        names=[f"{row}" for row in range(count)],
        labels=np.arange(count) % 2,
        class_names=["a", "b"],
        given_splits=[""] * count,
        data_name="some data",
        image_shape=shape,
        digest=store_digest(f"{seed}"),
        fill=fill,
    )
    save_image_store(plan, path)
    return torch.from_numpy(pixels)


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(opened_store, "available_memory", lambda: 100)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "images.safetensors"


@pytest.mark.parametrize("shape", [(1, 2, 3), (3, 5, 7), (1, 28, 28)])
@pytest.mark.parametrize(
    "rows", [[], [0], [22], [5, 5, 0], list(range(23)), list(range(22, -1, -1)), [3, 1] * 40]
)
def test_any_rows(path, little_memory, shape, rows):
    pixels = save(path, shape=shape)
    images = open_image_store(path)
    assert images.rows_in_file is not None
    found = images.gather(torch.tensor(rows, dtype=torch.int64))
    assert found.dtype == torch.uint8
    assert found.shape == (len(rows), *shape)
    assert torch.equal(found, pixels[rows])


def test_sets_and_batches(path, little_memory):
    pixels = save(path)
    dataset = ImageTensorDataset(open_image_store(path), torch.tensor([4, 20, 7, 1, 0]))
    assert torch.equal(dataset.tensors[0], pixels[dataset.rows])
    assert torch.equal(dataset[[2, 0]][0], pixels[[7, 4]])
    assert torch.equal(dataset[1:3][0], pixels[[20, 7]])
    assert torch.equal(dataset[-1][0], pixels[0])
    order = torch.tensor([3, 0, 4, 1, 2])
    drawn = list(Batches(dataset, 2, torch.device("cpu")).in_order(order))
    assert torch.equal(torch.cat([images for images, _ in drawn]), pixels[dataset.rows[order]])
    assert torch.cat([labels for _, labels in drawn]).tolist() == [1, 0, 0, 0, 1]


def test_only_what_does_not_fit(path, monkeypatch):
    pixels = save(path)
    for available, is_read in ((pixels.nbytes * 2, False), (pixels.nbytes, True)):
        monkeypatch.setattr(opened_store, "available_memory", lambda available=available: available)
        assert (open_image_store(path).rows_in_file is not None) is is_read


def test_it_is_said_once(path, little_memory, caplog):
    caplog.set_level(logging.INFO, "image_classification")
    save(path)
    open_image_store(path)
    open_image_store(path)
    said = [record.getMessage() for record in caplog.records if "do not fit" in record.getMessage()]
    assert said == [
        "The images (2.4 kB) do not fit into the free memory (100 bytes): each batch is read from the disk."
    ]


def test_of_a_store_that_has_been_replaced(path, little_memory):
    """As the map, what is open stays what it was."""
    pixels = save(path)
    images = open_image_store(path)
    (path.parent / "moved").mkdir()
    path.rename(path.parent / "moved" / path.name)
    save(path, seed=1)
    assert torch.equal(images.gather(torch.arange(23)), pixels)


def test_in_another_process(path, little_memory):
    pixels = save(path)
    images = open_image_store(path)
    images.gather(torch.arange(9))
    assert torch.equal(pickle.loads(pickle.dumps(images)).gather(torch.arange(23)), pixels)
    child = os.fork()
    if not child:
        os._exit(not torch.equal(images.rows_in_file.read(torch.arange(23)), pixels))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_file_that_was_cut_off_meanwhile(path, little_memory):
    save(path)
    images = open_image_store(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(UserError, match=r"images\.safetensors ends too early: it was changed while"):
        images.gather(torch.arange(23))
