"""The account of a command: every moment belongs to one stage, an import to the library that began it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.benchmarks import stages, time_to_99, whole_command
from tests.benchmarks.benchmark import compared


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when it is told to: `clock(3)`."""
    now = [100.0]
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def test_the_innermost_stage_counts(clock):
    account = stages.Account()
    clock(1)
    with account.during("outer"):
        clock(2)
        with account.during("inner"):
            clock(4)
        clock(8)
    clock(16)
    account.tick()
    assert account.seconds == {"Kedro: the rest": 17, "outer": 10, "inner": 4}


@pytest.mark.parametrize(
    ("package", "stage", "expected"),
    [
        ("torch", "import kedro", "import torch"),
        ("sympy", "import torch", "import torch"),
        ("torch", "training: updates", "import torch"),
        ("json", "evaluation", "evaluation"),
        ("kedro", "import image_classification", "import kedro"),
    ],
)
def test_whose_an_import_is(package, stage, expected):
    assert stages._of_import(package, stage) == expected


@pytest.mark.slow
def test_every_stage_that_is_listed_is_there_to_be_watched(tmp_path: Path):
    script = (
        "import importlib, json, sys\n"
        "from tests.benchmarks import stages\n"
        "account = stages.Account(); stages.watch(account)\n"
        "for name in stages.STAGES: importlib.import_module(name)\n"
        "print(json.dumps(sorted(account.seconds)))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "import torch" in json.loads(finished.stdout.splitlines()[-1])


def test_short_stages_are_summed_up():
    text = whole_command.describe({"short": 0.01, "long": 2.0, "tiny": 0.02}, 2.03)
    assert text == "One more run took 2.03 s; its stages, 2.03 s in all: long 2.00, 2 shorter stages 0.03."


@pytest.mark.parametrize(("accuracy", "reached"), [(0.991, True), (0.989, False)])
def test_a_fast_command_with_a_poor_model_has_not_reached_the_target(accuracy, reached):
    row = compared("time_to_99", "ours", "theirs", "s", (1.0,), (20.0,), at_least=10)
    assert time_to_99.demanding(row, accuracy).reached is reached
