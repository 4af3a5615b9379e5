"""Measure this project beside others: `python -m tests.benchmarks [--only NAME …] [--quick] …`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from tests.benchmarks.benchmark import ROOT, Row
from tests.benchmarks.machine import this_machine
from tests.benchmarks.registry import BENCHMARKS, LONG
from tests.benchmarks.report import MarkersMissingError, check_markers, table, write_json, write_readme
from tests.benchmarks.runner import run_benchmark

MODULES = {name: f"tests.benchmarks.{name}" for name in BENCHMARKS}


def main(
    arguments: Sequence[str],
    modules: Mapping[str, str] = MODULES,
    reporting: Path = ROOT / "data/08_reporting",
) -> int:
    """Run the benchmarks, print the table, and write every measurement to `benchmarks.json` in `reporting`.

    Returns:
        The exit code: 1 if a benchmark failed. One that cannot run, or misses its target, is no failure.
    """
    options = _parser(modules).parse_args(arguments)
    if options.readme:
        try:
            check_markers(options.readme)  # before minutes of measuring
        except (MarkersMissingError, OSError) as error:
            print(error, file=sys.stderr)
            return 2
    measured = datetime.now(UTC).astimezone().isoformat(timespec="minutes")
    rows: list[Row] = []
    failures: dict[str, str] = {}
    left_out = [name for name in modules if options.quick and not options.only and name in LONG]
    for name in options.only or [name for name in modules if name not in left_out]:
        started = perf_counter()
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        outcome = run_benchmark(name, modules[name], quick=options.quick)
        print(f"{perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        rows += outcome.rows
        if outcome.failure is not None:
            failures[name] = outcome.failure
    machine = this_machine()
    content = table(rows, machine, measured, quick=options.quick)
    print(content)
    if left_out:
        print(f"Left out of a quick look: {', '.join(left_out)}; `make bench` measures all.")
    write_json(reporting / "benchmarks.json", rows, machine, measured, quick=options.quick)
    if options.readme:
        write_readme(options.readme, content)
    for name, failure in failures.items():
        print(f"{name} failed:\n{failure}", file=sys.stderr)
    return 1 if failures else 0


def _parser(modules: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(modules), metavar="NAME", help=", ".join(modules))
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--readme", type=Path, help="a file that gets the table, between its markers")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
