"""What the benchmarks are measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Machine:
    """Hardware and versions; memory in bytes."""

    cpu: str
    cores: int
    threads: int  # that torch computes with
    memory: int
    python: str
    torch: str
    system: str

    def describe(self) -> str:
        """Say all of it in one line."""
        return (
            f"{self.cpu}, {self.cores} cores ({self.threads} threads), {self.memory / 1024**3:.0f} GiB of "
            f"memory, Python {self.python}, torch {self.torch}, {self.system}"
        )


def this_machine() -> Machine:
    """Describe the machine that this runs on."""
    import torch  # noqa: PLC0415 the process of a benchmark imports this module and perhaps no torch

    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        memory=psutil.virtual_memory().total,
        python=platform.python_version(),
        torch=torch.__version__,
        system=platform.system(),
    )


def _cpu_model() -> str:
    """The processor's name, as Linux knows it; elsewhere as Python does."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
