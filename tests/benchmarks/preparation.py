"""The first preparation of an image folder, and the way of its images in every later epoch.

Both stand beside a pass of torchvision's ImageFolder and DataLoader, which decodes in every epoch.
"""

import sys
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.image_preparation import Prepared, prepare
from tests.benchmarks.photographs import photo_folder
from tests.benchmarks.worker import Worker

# pixels of a side, and how many times the images a second of the other side
FIRST_AT_LEAST, LATER_AT_LEAST = {224: 2.0, 80: 4.0}, 20
PHOTOS, PHOTOS_QUICK = 2760, 690
BATCH_SIZE = 64
PEER = "a pass of ImageFolder and DataLoader(num_workers=2)"


def run(workspace: Workspace) -> list[Row]:
    """Measure all that a person waits for: index, decoding, audit, split, statistics; not the imports."""
    count = PHOTOS_QUICK if workspace.quick else PHOTOS
    photos = photo_folder(workspace.scratch / "photos", workspace.photos, count)
    return [row for size in FIRST_AT_LEAST for row in _of_size(workspace, photos, count, size)]


def _of_size(workspace: Workspace, photos: Path, count: int, size: int) -> list[Row]:
    store, log = workspace.scratch / f"{size}.safetensors", workspace.scratch / "image_folder.log"
    prepared: list[Prepared] = []

    def first_rate() -> float:
        prepared.append(prepare(photos, store, size))
        if sum(map(len, prepared[-1].sets)) != count:
            raise RuntimeError("an image was left out")
        return count / sum(prepared[-1].seconds.values())

    def later_rate() -> float:
        images, started = prepared[-1].sets[0], perf_counter()
        seen = sum(len(images[batch][1]) for batch in torch.randperm(len(images)).split(BATCH_SIZE))
        return seen / (perf_counter() - started)

    rounds = 2 if workspace.quick else 5
    script = (Path(sys.executable), "tests.benchmarks.peer_image_folder", str(photos), str(size))
    with closing(Worker(*script, log=log)) as peer:
        sides = {"first": first_rate, "later": later_rate, "peer": lambda: count / peer.measure()}
        measured = side_by_side(sides, rounds, warm_up=not workspace.quick)
    stages = prepared[0].seconds
    account = ", ".join(f"{stage} {median(each.seconds[stage] for each in prepared):.2f}" for stage in stages)
    return [
        compared(
            "preparation",
            f"first preparation of {count:,} photographs at {size} × {size}",
            PEER,
            "images/s",
            measured["first"],
            measured["peer"],
            at_least=FIRST_AT_LEAST[size],
            notes=(f"The first preparation at {size} × {size} in seconds (medians): {account}.",),
        ),
        compared(
            "preparation",
            f"batches of the prepared photographs at {size} × {size} in later epochs, by lists of indices",
            PEER,
            "images/s",
            measured["later"],
            measured["peer"],
            at_least=LATER_AT_LEAST,
            notes=(
                "In later epochs batches are uint8, as the networks take them, which normalise by "
                "themselves; the other side's are normalised float32.",
            ),
        ),
    ]
