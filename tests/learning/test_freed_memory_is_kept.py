"""A step's memory serves the next step: the system is not asked for it again."""

import ctypes
import os
import subprocess
import sys

import pytest

from image_classification.learning.device import keep_freed_memory

MEASURE_FREED_MEMORY = """
import ctypes, sys
import torch
from image_classification.learning.device import keep_freed_memory

NUMBERS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"

class Heap(ctypes.Structure):  # mallinfo2 of glibc
    _fields_ = [(name, ctypes.c_size_t) for name in NUMBERS.split()]

if sys.argv[1] == "keep":
    assert keep_freed_memory()

for _ in range(5):
    parts = [torch.zeros(2_000_000) for _ in range(12)]  # 8 MB each
    del parts

heap = ctypes.CDLL(None).mallinfo2
heap.restype = Heap
print(heap().fordblks)
"""


def freed_memory(mode: str) -> int:
    """The bytes that a process still holds after its steps.

    Left alone, the C library settles by chance what it gives back; here it gives back whatever is large.
    """
    command = [sys.executable, "-c", MEASURE_FREED_MEMORY, mode]
    gives_back = {**os.environ, "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072"}
    return int(subprocess.run(command, capture_output=True, text=True, check=True, env=gives_back).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the C library is not a recent glibc")
@pytest.mark.slow
def test_the_memory_of_a_step_stays_for_the_next() -> None:
    assert freed_memory("default") < 8e6 < 96e6 <= freed_memory("keep")


def test_another_c_library_is_left_as_it_is(monkeypatch) -> None:
    def absent(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", absent)
    assert keep_freed_memory() is False
