"""Images of which the memory holds a third are drawn in batches all the same, whatever the order."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from tests.memory_group import memory_group, run_in

from image_classification.images.store.image_store import ImageDictPlan, save_image_store, store_digest
from image_classification.learning.batches import epoch_order

MEMORY, IMAGES, SHAPE, BATCH = 700 * 10**6, 14_000, (3, 224, 224), 64
PROGRAM = f"""
import json, sys
from pathlib import Path
from tempfile import TemporaryDirectory
import torch
from image_classification.images.store.image_store import open_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.batches import Batches, epoch_order
torch.set_num_threads(1)
images = open_image_store(Path(sys.argv[1]))
dataset = ImageTensorDataset(images, torch.arange(len(images)))
batches = Batches(dataset, {BATCH}, torch.device("cpu"))
order = epoch_order(len(dataset), 0, 1, shuffle=True)[:4000]
means = [pixels.double().mean().item() for pixels, _ in batches.in_order(order)]
print(json.dumps([images.rows_in_file is not None, means]))
"""


def value_of(row: np.ndarray) -> np.ndarray:
    """The value of all pixels of an image, another one for each of its neighbours."""
    return (row * 37 % 256).astype(np.uint8)


def fill(block, advance):
    for start in range(0, IMAGES, BATCH):
        rows = np.arange(start, min(start + BATCH, IMAGES))
        block.write(start, np.broadcast_to(value_of(rows)[:, None, None, None], (len(rows), *SHAPE)))
    advance(IMAGES)
    return ["ok"] * IMAGES


@pytest.fixture
def store():
    plan = ImageDictPlan(
        names=list(map(str, range(IMAGES))),
        labels=np.arange(IMAGES) % 2,
        class_names=["a", "b"],
        given_splits=[""] * IMAGES,
        data_name="many",
        image_shape=SHAPE,
        digest=store_digest("many"),
        fill=fill,
    )
    with TemporaryDirectory() as folder:  # on a disk: that of the tests may be in memory
        path = Path(folder) / "images.safetensors"
        save_image_store(plan, path)
        with path.open("rb") as file:  # what has just been written is in memory, and on nobody's account
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        yield path


@pytest.mark.slow
def test_with_a_third_of_the_memory(store: Path) -> None:
    with memory_group(MEMORY) as group:
        if group is None:
            pytest.skip("no control group may be made here")
        is_read, means = json.loads(run_in(group, ["-c", PROGRAM, str(store)], {"OMP_NUM_THREADS": "1"}))
    assert is_read
    order = epoch_order(IMAGES, 0, 1, shuffle=True)[:4000]
    values = torch.from_numpy(value_of(order.numpy())).double()
    assert means == [part.mean().item() for part in values.split(BATCH)]
