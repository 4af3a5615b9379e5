"""Reporting the benchmarks: a table in Markdown, every measurement in JSON, the table in a README."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.benchmark import Row
from tests.benchmarks.machine import Machine

from image_classification.files import replacing

BEGINNING = "<!-- the benchmarks, written by make bench -->"
END = "<!-- end of the benchmarks -->"
HEADER = ("what", "this project", "the other side", "ratio", "to reach", "reached?")


class MarkersMissingError(Exception):
    """The README has no place for the table."""


def table(rows: Sequence[Row], machine: Machine, measured: str, *, quick: bool) -> str:
    """Write the rows as a table in Markdown, then their notes, then where and when they were measured."""
    lines = [_line(HEADER), _line(["---"] * len(HEADER))]
    lines += [_line(_cells(row)) for row in rows]
    if notes := list(dict.fromkeys(note for row in rows for note in row.notes)):
        lines += ["", *(f"- {note}" for note in notes)]
    rounds = "Few and short rounds (`make bench-quick`). " if quick else ""
    lines += ["", f"{rounds}Medians, both sides in turn. Measured {measured} on {machine.describe()}."]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> list[str]:
    if not row.ours:
        return [row.what or f"`{row.benchmark}`", "—", row.against or "—", "—", "—", "not measured"]
    reached = {None: "", True: "yes", False: "**no**"}[row.reached]
    return [
        row.what,
        _quantity(row.ours, row.unit),
        f"{_quantity(row.other, row.unit)}: {row.against}",
        f"{row.ratio:.2f}×",
        row.target or "—",
        reached,
    ]


def _quantity(values: Sequence[float], unit: str) -> str:
    """The median with three digits that count, its unit, and of how many rounds it is."""
    middle = median(values)
    decimals = max(0, 2 - math.floor(math.log10(abs(middle)))) if middle else 0
    return f"{middle:,.{min(decimals, 4)}f} {unit} ({len(values)})"


def write_json(path: Path, rows: Sequence[Row], machine: Machine, measured: str, *, quick: bool) -> None:
    """Write every measurement beside `path`, then put it in its place."""
    document = {
        "measured": measured,
        "quick": quick,
        "machine": asdict(machine),
        "rows": [_plain(row) for row in rows],
    }
    with replacing(path) as beside:
        beside.write_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _plain(row: Row) -> dict[str, Any]:
    """A row for JSON, which has no nan, with the medians that the table shows."""
    return asdict(row) | {
        "ratio": None if math.isnan(row.ratio) else row.ratio,
        "median_ours": median(row.ours) if row.ours else None,
        "median_other": median(row.other) if row.other else None,
    }


def check_markers(readme: Path) -> tuple[str, str]:
    """Return what stands before and after the place of the table, the markers included.

    Raises:
        MarkersMissingError: the markers are not there, once each and in this order.
    """
    text = readme.read_text("utf-8")
    if text.count(BEGINNING) != 1 or text.count(END) != 1 or text.index(BEGINNING) > text.index(END):
        raise MarkersMissingError(
            f"{readme} has no place for the table: it needs a line {BEGINNING!r} and after it "
            f"a line {END!r}, each once."
        )
    before, _, rest = text.partition(BEGINNING)
    return before + BEGINNING, END + rest.partition(END)[2]


def write_readme(readme: Path, content: str) -> None:
    """Put a table between the markers of a README."""
    before, after = check_markers(readme)
    with replacing(readme) as beside:
        beside.write_text(f"{before}\n\n{content}\n{after}", "utf-8")
