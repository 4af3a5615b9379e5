"""A side in a process of its own measures when asked, whatever it prints, and says why it ended."""

import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.benchmarks.benchmark import UnavailableError
from tests.benchmarks.worker import Worker

COUNTING = """
from itertools import count
from tests.benchmarks.worker import serve
numbers = count(1)
def measure():
    print("noise")
    return {"seconds": float(next(numbers)), "accuracy": 0.5}
serve(measure)
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a worker from the text of its script."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def worker(script):
        (tmp_path / "a_side.py").write_text(script)
        return closing(Worker(Path(sys.executable), "a_side", log=tmp_path / "a_side.log"))

    return worker


def test_it_measures_again_and_again(start):
    with start(COUNTING) as worker:
        assert [worker.measure(), worker.measure()] == [1.0, 2.0]
        assert worker.last["accuracy"] == 0.5


def test_a_missing_package_makes_it_unavailable(start):
    with pytest.raises(UnavailableError, match="no_such_package_here"):
        start("import no_such_package_here")


def test_its_last_words_are_told(start):
    with pytest.raises(RuntimeError, match="a_side ended: ValueError: last words"):
        start("raise ValueError('last words')")
