"""A split is row numbers over the images: only what is asked for is copied."""

import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan, open_image_store, save_image_store
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets


@pytest.fixture
def store():
    return ImageDict(
        images=torch.arange(10, dtype=torch.uint8).reshape(10, 1, 1, 1).expand(10, 1, 2, 2).contiguous(),
        labels=torch.arange(10) % 3,
        names=[f"image {row}" for row in range(10)],
        class_names=["a", "b", "c"],
        given_splits=["train"] * 7 + ["test"] * 3,
    )


@pytest.fixture
def dataset(store):
    return ImageTensorDataset(store, torch.tensor([4, 2, 9]))


def test_it_is_a_tensor_dataset_of_its_rows(dataset):
    assert isinstance(dataset, TensorDataset)
    assert len(dataset) == 3
    image, label = dataset[0]
    assert image.shape == (1, 2, 2)
    assert image.dtype == torch.uint8
    assert (int(image[0, 0, 0]), int(label)) == (4, 1)
    assert dataset.names == ["image 4", "image 2", "image 9"]
    assert dataset.class_names == ["a", "b", "c"]


@pytest.mark.parametrize("indices", [[2, 0], torch.tensor([2, 0])])
def test_indices_gather_just_these_rows(dataset, indices):
    images, labels = dataset[indices]

    assert images[:, 0, 0, 0].tolist() == [9, 4]
    assert labels.tolist() == [0, 1]


@pytest.mark.parametrize("rows", [[4, 2, 9, 3], [2, 3, 4, 5], [6]])
@pytest.mark.parametrize("part", [slice(1, 3), slice(0, 100), slice(None), slice(-1, None), slice(0, 4, 2)])
def test_a_slice_copies_what_indices_gather(store, rows, part):
    dataset = ImageTensorDataset(store, torch.tensor(rows))

    images, labels = dataset[part]

    expected_images, expected_labels = dataset[torch.arange(len(rows))[part]]
    assert torch.equal(images, expected_images)
    assert torch.equal(labels, expected_labels)
    images.zero_()
    labels.zero_()
    assert store.images[:, 0, 0, 0].tolist() == list(range(10))
    assert torch.equal(store.labels, torch.arange(10) % 3)


def test_all_of_it(dataset):
    images, labels = dataset.tensors

    assert images[:, 0, 0, 0].tolist() == [4, 2, 9]
    assert labels.tolist() == [1, 2, 0]


def test_an_index_beyond_the_end_stops_a_loop(dataset):
    with pytest.raises(IndexError):
        dataset[3]


def test_nothing_is_copied_to_make_the_splits(store):
    sets = make_tensor_sets(store, make_image_index(store, SplitOptions(validation=2)))

    assert {split.images.data_ptr() for split in sets.values()} == {store.images.data_ptr()}
    assert {name: len(split) for name, split in sets.items()} == {"train": 5, "validation": 2, "test": 3}
    assert sorted(row for split in sets.values() for row in split.rows.tolist()) == list(range(10))


def test_an_empty_split(store):
    validation = make_tensor_sets(store, make_image_index(store, SplitOptions(validation=0)))["validation"]

    assert len(validation) == 0
    images, labels = validation.tensors
    assert images.shape == (0, 1, 2, 2)
    assert labels.shape == (0,)


def test_a_data_loader_draws_batches_by_lists_of_indices(dataset):
    loader = DataLoader(dataset, sampler=BatchSampler(SequentialSampler(dataset), 2, False), batch_size=None)

    assert [labels.tolist() for _, labels in loader] == [[1, 2], [0]]


def fill_with_row_numbers(block, advance):
    numbers = np.arange(len(block), dtype=np.uint8)[:, None, None, None]
    block.write(0, np.broadcast_to(numbers, block.shape))
    return ["ok"] * len(block)


def test_workers_get_row_numbers_and_not_pixels(tmp_path):
    names = [str(row) for row in range(100)]
    path = tmp_path / "images.safetensors"
    labels = np.arange(100)
    save_image_store(
        ImageDictPlan(names, labels, names, names, "data", (3, 64, 64), "digest", fill_with_row_numbers), path
    )
    dataset = ImageTensorDataset(open_image_store(path), torch.tensor([7, 3]))

    sent = pickle.dumps(dataset)

    assert len(sent) < 5000
    images, _ = pickle.loads(sent).tensors
    assert images[:, 0, 0, 0].tolist() == [7, 3]


@pytest.mark.parametrize(
    "rows", [torch.tensor([10]), torch.tensor([-1]), torch.tensor([[1]]), torch.tensor([1.0])]
)
def test_rows_that_do_not_exist_are_refused(store, rows):
    with pytest.raises(ValueError, match="rows"):
        ImageTensorDataset(store, rows)
