"""Training on images of which the memory holds a third, beside the same with memory for all of them."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.benchmark import ROOT, Row, UnavailableError, Workspace, compared, last_json_line
from tests.benchmarks.large_store import write_large_store
from tests.memory_group import memory_group, run_in

IMAGES, IMAGES_QUICK = 14_000, 7_000  # of 3 x 224 x 224 bytes: 2.1 and 1.1 GB
PROGRAM = 700 * 10**6  # bytes that the program takes beside the images
AT_LEAST = 0.9
WHAT = {
    "batches": "batches of 64 photographs of 224 × 224 in a random order",
    "training": "training of a small convolutional network on them",
}


def run(workspace: Workspace) -> list[Row]:
    """Measure both in processes of their own, in turn; the page cache begins empty for the smaller memory."""
    count = IMAGES_QUICK if workspace.quick else IMAGES
    store = workspace.scratch / "images.safetensors"
    size = write_large_store(store, count)
    rounds = 1 if workspace.quick else 3
    measured: dict[str, list[dict[str, float]]] = {"a third": [], "all": []}
    for _ in range(rounds):
        measured["a third"].append(_in_a_group(store, size // 3 + PROGRAM))
        measured["all"].append(_alone(store))
    store.unlink()
    return [
        compared(
            "beyond_memory",
            f"{what}, with memory for a third of the {size / 1e9:.1f} GB",
            "the same with memory for all of them",
            "images/s",
            tuple(each[name] for each in measured["a third"]),
            tuple(each[name] for each in measured["all"]),
            at_least=AT_LEAST if name == "training" else None,
        )
        for name, what in WHAT.items()
    ]


def _side(store: Path, *, reads_rows: bool) -> list[str]:
    return ["-W", "ignore", "-m", "tests.benchmarks.beyond_memory_side", str(store), str(int(reads_rows))]


def _in_a_group(store: Path, limit: int) -> dict[str, float]:
    with memory_group(limit) as group:
        if group is None:
            raise UnavailableError("this process may not make a control group with less memory")
        return _numbers(run_in(group, _side(store, reads_rows=True), {}))


def _alone(store: Path) -> dict[str, float]:
    command = [sys.executable, *_side(store, reads_rows=False)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return _numbers(done.stdout)


def _numbers(printed: str) -> dict[str, float]:
    return {name: float(str(value)) for name, value in last_json_line(printed).items()}
