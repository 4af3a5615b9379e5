"""Threads that decode large pictures take no more memory together than the budget allows."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

SIDE = 4000
# in a process of its own, whose largest memory the system knows
DECODE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.memory import MemoryBudget

def memory(name):
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024

path, size, budget = Path(sys.argv[1]), int(sys.argv[2]), MemoryBudget(int(sys.argv[3]))
decode_image(Path(sys.argv[4]), (3, size, size), "stretch")
before = memory("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: decode_image(path, (3, size, size), "stretch", budget=budget).shape, range(4)))
print(memory("VmHWM") - before)
"""
FORMATS = {
    "png": ("a.png", {"compress_level": 1}, 8),
    "jpeg": ("a.jpg", {"progressive": True}, SIDE - 1),  # the target allows no smaller scale
    "webp": ("a.webp", {"quality": 1, "method": 0}, 8),
    "tiff": ("a.tif", {"compression": "tiff_lzw"}, 8),
}


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux to measure memory")
@pytest.mark.parametrize("kind", FORMATS)
def test_four_threads_stay_within_it(tmp_path, kind):
    name, options, size = FORMATS[kind]
    pixels = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    pixels[::64] = 255
    Image.fromarray(pixels).save(tmp_path / name, **options)
    Image.new("RGB", (9, 9)).save(tmp_path / "small.png")
    budget = SIDE * SIDE * 32  # room for one or two

    arguments = [tmp_path / name, size, budget, tmp_path / "small.png"]
    done = subprocess.run(
        [sys.executable, "-c", DECODE, *map(str, arguments)], capture_output=True, text=True, check=True
    )

    # what was decoded, at the size that is asked for, counts as well
    assert int(done.stdout) < budget + 4 * 3 * size * size
