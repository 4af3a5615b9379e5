"""Whether seconds and memory an image stay the same in each stage, where a set grows tenfold and further.

    GROWTH=1000,10000,100000 GROWTH_STORE=100000,1000000 python -m tests.benchmarks --only growth

measures larger ones than `make bench` has time for: folders of small files, and stores of made images, from
which the search for copies, splits, previews and figures are made.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.benchmark import ROOT, Row, UnavailableError, Workspace, compared, last_json_line
from tests.benchmarks.growing_images import growing_folder, growing_store

SIZES, STORES = (1_000, 10_000), (10_000, 30_000)
AT_MOST = 1.5  # times the seconds an image
COUNTS = 0.02  # the share of the time from which on a stage has a row
Stages = Mapping[str, Mapping[str, float]]


def run(workspace: Workspace) -> list[Row]:
    """Compare the largest folder, and the largest store, with the smallest, stage by stage."""
    if not Path("/proc/self/status").exists():
        raise UnavailableError("the memory of a process is measured by Linux's /proc")
    rows = []
    for kind, sizes in (("folder", _sizes("GROWTH", SIZES)), ("store", _sizes("GROWTH_STORE", STORES))):
        measured = {size: _measure(workspace.scratch / f"{kind} {size}", kind, size) for size in sizes}
        rows += compare(kind, measured)
    return rows


def compare(kind: str, measured: Mapping[int, Stages]) -> list[Row]:
    """Make a row of each stage that takes long enough, from what sets of several sizes took.

    Args:
        kind: "folder" or "store".
        measured: by number of images: "seconds" and "megabytes" by stage.
    """
    small, large = min(measured), max(measured)
    total = sum(measured[large]["seconds"].values())
    shown = {
        stage: seconds for stage, seconds in measured[large]["seconds"].items() if seconds >= COUNTS * total
    }
    memory = "; ".join(
        f"{size:,} images: "
        + ", ".join(
            f"{stage} {1e3 * seconds / size:.4f} ms an image, {of_size['megabytes'][stage]:,.0f} MB"
            for stage, seconds in of_size["seconds"].items()
        )
        for size, of_size in measured.items()
    )
    return [
        compared(
            "growth",
            f"{stage}, an image of {large:,} in a {kind}",
            f"an image of {small:,}",
            "ms",
            (1e3 * seconds / large,),
            (1e3 * measured[small]["seconds"][stage] / small,),
            at_most=AT_MOST,
            notes=(f"Growth of a {kind}, and the most memory in each stage: {memory}.",) if not place else (),
        )
        for place, (stage, seconds) in enumerate(shown.items())
    ]


def _sizes(variable: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(int, filter(None, os.environ.get(variable, "").split(",")))) or otherwise


def _measure(place: Path, kind: str, size: int) -> Stages:
    path = place if kind == "folder" else place.with_suffix(".safetensors")
    (growing_folder if kind == "folder" else growing_store)(path, size)
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.growth_side", kind, str(path)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{kind} of {size:,} failed ({finished.returncode}):\n{finished.stderr[-2000:]}")
    measured: Stages = last_json_line(finished.stdout)  # type: ignore[assignment]
    return measured
