"""How the memory that the preparation takes grows where the image folder grows tenfold."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.benchmark import ROOT, Row, UnavailableError, Workspace, compared, last_json_line
from tests.benchmarks.image_preparation import SIZE
from tests.benchmarks.photographs import photo_folder

AT_MOST = 0.1
PHOTOS, PHOTOS_QUICK = 276, 69


def run(workspace: Workspace) -> list[Row]:
    """Prepare a folder and one of ten times as many photographs, each in a process of its own."""
    if not Path("/proc/self/status").exists():
        raise UnavailableError("the memory of a process is measured by Linux's /proc")
    small = PHOTOS_QUICK if workspace.quick else PHOTOS
    folders = [
        photo_folder(workspace.scratch / str(count), workspace.photos, count) for count in (small, 10 * small)
    ]
    added = 9 * small * 3 * SIZE**2 / 1e6
    peaks: list[tuple[float, float]] = []
    for _ in range(1 if workspace.quick else 3):
        first, second = (_peak(folder) for folder in folders)
        peaks.append((first, second))
    text = ", ".join(f"{first:.0f} and {second:.0f}" for first, second in peaks)
    return [
        compared(
            "memory",
            f"growth of the peak from {small:,} to {10 * small:,} photographs",
            "their added pixels",
            "MB",
            tuple(second - first for first, second in peaks),
            (added,) * len(peaks),
            at_most=AT_MOST,
            notes=(
                f"Peaks in MB: {text}; anonymous memory of the process (RssAnon, every 2 ms) through the "
                "preparation and ten epochs of batches, without the pages of files.",
            ),
        )
    ]


def _peak(photos: Path) -> float:
    store = photos.with_suffix(".safetensors")
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.memory_side", str(photos), str(store)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"the preparation failed ({finished.returncode}):\n{finished.stderr[-2000:]}")
    store.unlink()
    return float(str(last_json_line(finished.stdout)["peak"]))
