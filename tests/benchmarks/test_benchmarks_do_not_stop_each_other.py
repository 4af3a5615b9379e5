"""Whatever happens in one benchmark, the others run, and the exit code says whether one failed."""

import json

import pytest
from tests.benchmarks.__main__ import main

GOOD = "return [compared('good', 'this', 'that', 's', (1.0,), (2.0,))]"


@pytest.fixture
def bench(write_benchmark, tmp_path, capfd):
    """Run benchmarks given by the bodies of their functions; exit code, rows and both outputs."""

    def run(*options, **bodies):
        modules = {name: write_benchmark(f"benchmark_{name}", body) for name, body in bodies.items()}
        code = main(options, modules, tmp_path / "reporting")
        written = json.loads((tmp_path / "reporting/benchmarks.json").read_text())
        return code, {row["benchmark"]: row for row in written["rows"]}, capfd.readouterr()

    return run


def test_a_failure_is_told_and_the_others_go_on(bench):
    code, rows, outputs = bench(bad="raise ValueError('a secret reason')", good=GOOD)
    assert code == 1
    assert rows["bad"]["notes"] == ["bad failed: ValueError: a secret reason"]
    assert rows["good"]["ratio"] == 2.0
    assert "| this | 1.00 s (1) | 2.00 s (1): that | 2.00× |" in outputs.out
    assert "benchmark_bad.py" in outputs.err  # where it failed


def test_a_process_that_dies_is_a_failure(bench):
    code, rows, _ = bench(bad="import os; os._exit(3)", good=GOOD)
    assert code == 1
    assert rows["bad"]["notes"][0].startswith("bad failed: BrokenProcessPool")
    assert rows["good"]["ratio"] == 2.0


def test_what_cannot_run_says_why_and_is_no_failure(bench):
    code, rows, _ = bench(lacking="raise UnavailableError('no data')", package="import no_such_package_here")
    assert code == 0
    assert rows["lacking"]["notes"] == ["lacking cannot run: no data"]
    assert "No module named 'no_such_package_here'" in rows["package"]["notes"][0]


def test_only_what_is_chosen_runs(bench):
    code, rows, _ = bench("--only", "good", bad="raise ValueError", good=GOOD)
    assert (code, list(rows)) == (0, ["good"])


def test_a_missed_target_is_no_failure(bench):
    code, rows, _ = bench(slow="return [compared('slow', 'this', 'that', 's', (2.0,), (1.0,), at_least=1)]")
    assert (code, rows["slow"]["reached"]) == (0, False)


def test_the_readme_is_checked_before_anything_is_measured(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("no markers")
    assert main(["--readme", str(readme)], {}, tmp_path) == 2
    assert "no place for the table" in capsys.readouterr().err
