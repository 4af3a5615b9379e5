"""A step's memory serves the next step: the system is not asked for it again."""

import subprocess
import sys

import pytest

from image_classification.learning.device import keep_freed_memory

COUNT_PAGE_FAULTS = """
import resource, sys
import torch
from image_classification.learning.device import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()

def step():
    parts = [torch.zeros(2_000_000) for _ in range(12)]  # 8 MB each
    return sum(part[0] for part in parts)

step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str) -> int:
    command = [sys.executable, "-c", COUNT_PAGE_FAULTS, mode]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library is not glibc")
@pytest.mark.slow
def test_later_steps_fault_no_pages() -> None:
    assert page_faults("keep") < 100 < page_faults("default")


def test_another_c_library_is_left_as_it_is(monkeypatch) -> None:
    def absent(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", absent)
    assert keep_freed_memory() is False
