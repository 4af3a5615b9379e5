"""The preparation of an image folder after a few of its files have changed, beside that of all of them.

Ten files are added, ten removed and ten renamed before each measurement.
"""

from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
from tests.benchmarks.benchmark import Row, Workspace, compared
from tests.benchmarks.image_preparation import Prepared, prepare
from tests.benchmarks.photographs import photo_folder

PHOTOS, PHOTOS_QUICK, SIZE, CHANGED = 2760, 690, 80, 10
AT_LEAST = 20  # a twentieth of the first preparation
SETTLED = 0.2  # seconds after which a file that was written is known again


def run(workspace: Workspace) -> list[Row]:
    """Measure index, image store, audit, split and statistics; not the imports."""
    count = PHOTOS_QUICK if workspace.quick else PHOTOS
    rounds = 2 if workspace.quick else 4
    photos = photo_folder(workspace.scratch / "photos", workspace.photos, count + CHANGED * rounds)
    away = workspace.scratch / "away"
    away.mkdir()
    later = sorted(photos.rglob("*.jpg"), key=lambda path: int(path.stem))[count:]
    places = [(each.rename(away / each.name), each) for each in later]
    sleep(SETTLED)
    store = workspace.scratch / "images.safetensors"
    first, changed = [], []
    prepared = prepare(photos, store, SIZE)
    first.append(prepared.seconds)
    for _ in range(rounds):
        _change(photos, [places.pop() for _ in range(CHANGED)])
        sleep(SETTLED)
        prepared = prepare(photos, store, SIZE, prepared)
        changed.append(prepared.seconds)
        first.append(_afresh(photos, store, prepared))
    stages = first[0]
    account = ", ".join(
        f"{stage} {_median(first, stage):.2f} and {_median(changed, stage):.2f}" for stage in stages
    )
    without_audit = [
        tuple(sum(each.values()) - each["audit"] for each in seconds) for seconds in (changed, first)
    ]
    notes = (f"Seconds of the first preparation and of that after the change (medians): {account}.",)
    what = f"preparation of {count:,} photographs at {SIZE} × {SIZE} after {3 * CHANGED} of them changed"
    return [
        compared(
            "changed_folder",
            f"{what}, without the audit",
            "the first preparation, without the audit",
            "s",
            *without_audit,
            at_least=AT_LEAST,
            notes=notes,
        ),
        compared(
            "changed_folder",
            what,
            "the first preparation",
            "s",
            tuple(sum(each.values()) for each in changed),
            tuple(sum(each.values()) for each in first),
            at_least=AT_LEAST,
        ),
    ]


def _change(photos: Path, added: list[tuple[Path, Path]]) -> None:
    for source, target in added:
        source.rename(target)
    files = sorted(photos.rglob("*.jpg"))
    chosen = np.random.default_rng(len(files)).permutation(len(files))[: 2 * CHANGED]
    for number, place in enumerate(chosen):
        if number < CHANGED:
            files[place].unlink()
        else:
            files[place].rename(files[place].with_stem(f"renamed {files[place].stem} {perf_counter():.6f}"))


def _afresh(photos: Path, store: Path, prepared: Prepared) -> dict[str, float]:
    """Measure the first preparation of the same files, which has to come to the same."""
    other = store.with_suffix(".afresh")
    seconds = prepare(photos, other, SIZE).seconds
    if other.read_bytes() != store.read_bytes():
        raise RuntimeError("the store is not equal to one made afresh")
    return seconds


def _median(seconds: list[dict[str, float]], stage: str) -> float:
    return median(each[stage] for each in seconds)
