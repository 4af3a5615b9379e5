"""An empty database: to create one takes a second, to copy it nothing."""

import shutil

import pytest

from image_classification.trials.storage import open_storage


@pytest.fixture(scope="session")
def empty_trials(shared_by_workers):
    return shared_by_workers("trials", lambda folder: open_storage(f"sqlite:///{folder / 'trials.db'}"))


@pytest.fixture
def folder(empty_trials, tmp_path):
    """A folder with an empty database."""
    shutil.copy(empty_trials / "trials.db", tmp_path / "trials.db")
    return tmp_path
