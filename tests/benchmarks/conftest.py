"""Fixtures for the tests of the benchmarks' harness, which is imported from the root of the project."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture
def write_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a benchmark of one's own: `write_benchmark(name, body of run)` returns the module's name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, body: str) -> str:
        lines = [
            "from tests.benchmarks.benchmark import *",
            "from tests.benchmarks.benchmark import UnavailableError",
            "def run(workspace):",
            f"    {body}",
        ]
        (tmp_path / f"{name}.py").write_text("\n".join(lines))
        return name

    return write
