"""The folder of checkpoints is a place: always there, in every process, and nobody's output."""

import pickle

import pytest
from kedro.io import DatasetError

from image_classification.datasets.checkpoints import CheckpointsDataset


def test_it_is_there_before_anything_is_in_it(tmp_path):
    dataset = CheckpointsDataset(filepath=str(tmp_path / "checkpoints"))
    assert dataset.exists()
    assert dataset.load().path == tmp_path / "checkpoints"
    assert list(dataset.load().trainings()) == []
    assert not (tmp_path / "checkpoints").exists()


def test_it_goes_to_other_processes(tmp_path):
    dataset = CheckpointsDataset(filepath=str(tmp_path))
    assert pickle.loads(pickle.dumps(dataset)).load() == dataset.load()


def test_no_node_writes_it(tmp_path):
    dataset = CheckpointsDataset(filepath=str(tmp_path))
    with pytest.raises(DatasetError, match="no node returns them"):
        dataset.save(dataset.load())


def test_others_know_it_for_a_place():
    assert CheckpointsDataset.is_place
