"""A machine that joins has the job, and its images, from the driver, or uses the same store where it is."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tests.learning.elastic.conftest import CLASSES, SHAPE, make_network, make_recipe, make_sets

from image_classification.errors import UserError
from image_classification.images.store.image_store import ImageDictPlan, save_image_store, store_digest
from image_classification.images.store.opened_store import open_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.elastic.driver.door import Door
from image_classification.learning.elastic.job import (
    JOB,
    STORE,
    TENSORS,
    Job,
    read_network,
    read_sets,
    write_job,
)
from image_classification.learning.elastic.joining import fetch_job
from image_classification.learning.elastic.visitor import DriverGoneError, Visitor
from image_classification.learning.fine_tuning.features import TrainedOn

TOKEN = "a-token-of-this-test"
ROWS = {"train": [5, 1, 3, 8], "validation": [0, 2]}


def make_store(path: Path, seed: int) -> Path:
    """Write a store of ten images of noise."""
    images = np.random.default_rng(seed).integers(0, 256, (10, *SHAPE), dtype=np.uint8)

    def fill(block, advance):
        block.write(0, images)
        advance(10)
        return ["ok"] * 10

    plan = ImageDictPlan(
        names=[f"{number}" for number in range(10)],
        labels=np.arange(10) % len(CLASSES),
        class_names=CLASSES,
        given_splits=[""] * 10,
        data_name="noise",
        image_shape=SHAPE,
        digest=store_digest("noise", seed=seed),
        fill=fill,
    )
    path.unlink(missing_ok=True)
    save_image_store(plan, path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return make_store(tmp_path / "images.safetensors", seed=0)


@pytest.fixture
def driver(tmp_path: Path, store: Path):
    """The files of a driver whose images are in the store, at a door."""
    folder = tmp_path / "driver"
    folder.mkdir()
    images = open_image_store(store)
    sets = [ImageTensorDataset(images, torch.tensor(rows)) for rows in ROWS.values()]
    statistics = make_sets().statistics
    used = TrainedOn(sets, augment=None)
    write_job(folder, make_recipe().dump(), make_network(), used, statistics, folder, {})
    copy = Path(store).with_name("the-driver-has-it-elsewhere")
    copy.write_bytes(store.read_bytes())
    files = {f"/{JOB}": folder / JOB, f"/{TENSORS}": folder / TENSORS, f"/{STORE}": copy}
    door = Door(("127.0.0.1", 0), TOKEN, {}, files)
    with door.opened():
        yield door


@pytest.fixture
def fetch(driver: Door, tmp_path: Path):
    """Fetch the job as a machine that joins, and return its folder."""
    folder = tmp_path / "joiner"
    folder.mkdir()
    sizes = {path: file.stat().st_size for path, file in driver.files.items()}
    visitor = Visitor("127.0.0.1", driver.port, TOKEN)

    def fetched() -> Path:
        fetch_job(visitor, folder, sizes)
        return folder

    return fetched


def sets_in(folder: Path) -> list[tuple[torch.Tensor, ...]]:
    used = read_sets(Job.read(folder), folder, AugmentationOptions())
    return [each.tensors for each in used.sets]


def test_the_same_store_is_used_where_it_is(fetch, store, capsys):
    folder = fetch()

    assert "The images are here already" in capsys.readouterr().out
    assert not (folder / STORE).exists()
    assert Job.read(folder).store == str(store)


@pytest.mark.parametrize("there", ["nothing", "other images", "a damaged store", "a folder"])
def test_images_that_are_not_here_are_fetched(fetch, store, there):
    expected = [open_image_store(store).images[torch.tensor(rows)] for rows in ROWS.values()]
    expected = [each.clone() for each in expected]
    store.unlink()
    if there == "other images":
        make_store(store, seed=1)
    elif there == "a damaged store":
        store.write_bytes(b"\0" * 1000)
    elif there == "a folder":
        store.mkdir()

    folder = fetch()

    assert Job.read(folder).store == str(folder / STORE)
    for (images, labels), pixels, rows in zip(sets_in(folder), expected, ROWS.values(), strict=True):
        torch.testing.assert_close(images, pixels, rtol=0, atol=0)
        assert labels.tolist() == [row % len(CLASSES) for row in rows]


def test_images_that_come_changed_are_refused(fetch, store, driver):
    store.unlink()
    content = bytearray(driver.files[f"/{STORE}"].read_bytes())
    content[-1] ^= 1
    driver.files[f"/{STORE}"].write_bytes(content)

    with pytest.raises(UserError, match="not those that it has"):
        fetch()


def test_a_driver_that_ends_meanwhile(fetch, driver):
    driver.files.pop(f"/{TENSORS}")

    with pytest.raises(DriverGoneError, match="404"):
        fetch()


def test_weights_come_in_their_number_format(fetch):
    folder = fetch()

    network = read_network(Job.read(folder), folder, seed=7)

    expected = make_network().state_dict()
    assert network.state_dict().keys() == expected.keys()
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)


@pytest.mark.parametrize("weights", ["/etc/passwd", "hf-hub:somebody/something"])
def test_a_job_that_would_read_weights_from_elsewhere_is_refused(fetch, weights):
    job = Job.read(fetch()).model_dump()
    job["network"]["options"]["weights"] = weights

    with pytest.raises(ValidationError, match="whose weights come with it"):
        Job.model_validate(job)


def test_sets_without_a_store_come_with_their_tensors(tmp_path):
    sets = make_sets()
    varied = partial(lambda *batch, generator: batch)
    used = TrainedOn([sets.train, sets.validation, sets.test], augment=varied)
    write_job(tmp_path, make_recipe().dump(), make_network(), used, sets.statistics, tmp_path, {})

    for found, expected in zip(sets_in(tmp_path), used.sets, strict=True):
        for tensor, other in zip(found, expected.tensors, strict=True):
            torch.testing.assert_close(tensor, other, rtol=0, atol=0)
